"""An attribute that is not there: misspelt, renamed, or a method of another language."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.codebase.modules import module_paths
from dspy_ci.codebase.scopes import bindings
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.renames import MEMBERS, METHODS
from dspy_ci.patches.fixers.site import Site, defined_as, said, similar, site_at, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-attribute"

_OTHERS = 6
"""How many attributes that look nothing like the name are tried."""
_BUILTIN = {type_.__name__: type_ for type_ in (str, bytes, list, dict, set, tuple, int, float, frozenset)}


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """Python's own suggestion, a known successor, or the nearest attribute that exists."""
    found = said(
        failure,
        r"(?:'([\w.]+)' object|module '([\w.]+)'|type object '([\w.]+)'|class '([\w.]+)').* has no attribute '(\w+)'",
    ) or said(failure, r"^(?:\"([\w.]+)\"|Module \"([\w.]+)\")()() has no attribute \"(\w+)\"")
    if not found:
        return
    owner, name = next(filter(None, found.groups()[:4]), ""), found[5]
    suggested = said(failure, r"(?:Did you mean:? '\.?|; maybe \")(\w+)")
    for site in sites(failure, evidence):
        uses = [node for node in site.nodes if isinstance(node, ast.Attribute) and node.attr == name]
        if uses:
            yield from _elsewhere(owner, uses[0], site) if found[2] else ()
            order = [*evidence.renamed.get(name, ())[:1], *([suggested[1]] if suggested else [])]
            order += [METHODS[name]] if name in METHODS and not found[2] else []
            order += similar(name, _known(owner, site, is_module=bool(found[2])))
            for rank, other in enumerate(dict.fromkeys(order)):
                yield _renamed(uses[0], other, site, owner, 0.95 - 0.08 * rank)
            if owner not in _BUILTIN and not found[2]:
                for rank, other in enumerate(_idle(owner, uses[0], site)[:_OTHERS]):
                    yield _renamed(uses[0], other, site, owner, 0.75 - 0.05 * rank)
    yield from _undefined(owner, name, evidence)


def _renamed(use: ast.Attribute, other: str, site: Site, owner: str, weight: float) -> Patch:
    why = f"`{owner}` has no attribute `{use.attr}`; it has `{other}`."
    if other in site.evidence.renamed.get(use.attr, ()):
        why = f"This change renamed `{use.attr}` to `{other}`; one use was left behind."
        weight = 0.99
    return site.patch([site.replace(use, f"{site.code(use.value)}.{other}")], NAME, why, weight)


def _elsewhere(module: str, use: ast.Attribute, site: Site) -> Iterator[Patch]:
    """The successor in another module, imported where it needs to be."""
    new = MEMBERS.get(f"{module}.{use.attr}")
    if new:
        home = new.rpartition(".")[0]
        spans = [site.replace(use, new)]
        if home and home.split("(")[0] not in site.scope.globals:
            spans.append(site.importing(f"import {home}"))
        yield site.patch(spans, NAME, f"`{module}.{use.attr}` is gone; `{new}` took its place.", 0.99)


def _idle(owner: str, use: ast.Attribute, site: Site) -> list[str]:
    """What the class has in the way of the use, called or not; first what nobody else uses: it may be the new name."""
    called = any(isinstance(node, ast.Call) and node.func is use for node in site.nodes)
    found = {}
    for path in site.evidence.paths:
        tree = site.evidence.snapshot.tree(path)
        for node in tree.body if tree else ():
            if isinstance(node, ast.ClassDef) and node.name == owner.rpartition(".")[2]:
                methods = [p for p in node.body if isinstance(p, Definition) and not p.name.startswith("_")]
                plain = [p.name for p in methods if bool(p.decorator_list) != called]
                stored = [] if called else list(_attributes(node.name, path, site.evidence, is_module=False))
                found.update(dict.fromkeys([*plain, *(n for n in stored if n not in {m.name for m in methods})]))
    used = {
        node.attr
        for path in site.evidence.paths
        for node in ast.walk(site.evidence.snapshot.tree(path) or ast.Module([], []))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    return sorted((name for name in found if name != use.attr), key=lambda name: name in used)


def _known(owner: str, site: Site, *, is_module: bool) -> list[str]:
    if owner in _BUILTIN:
        return [name for name in dir(_BUILTIN[owner]) if not name.startswith("__")]
    evidence = site.evidence
    paths = list(module_paths(evidence.snapshot, owner)) if is_module else list(evidence.paths)
    return [
        name for path in paths for name in _attributes(owner.rpartition(".")[2], path, evidence, is_module=is_module)
    ]


def _attributes(owner: str, path: str, evidence: Evidence, *, is_module: bool) -> Iterator[str]:
    """What a module binds; or what a class of that name binds, sets on `self`, or inherits from project classes."""
    tree = evidence.snapshot.tree(path)
    if tree is None:
        return
    if is_module:
        yield from (name for name, _ in bindings(tree.body))
        return
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    todo = [owner]
    while todo:
        node = classes.pop(todo.pop(), None)
        if node:
            todo += [base.id for base in node.bases if isinstance(base, ast.Name)]
            yield from (name for name, _ in bindings(node.body))
            stored = (n for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
            yield from (n.attr for n in stored if isinstance(n.value, ast.Name) and n.value.id == "self")


def _undefined(owner: str, name: str, evidence: Evidence) -> Iterator[Patch]:
    """The definition spelt as it is used: what the tests call is the contract."""
    for path in evidence.paths:
        tree = evidence.snapshot.tree(path)
        for node in ast.walk(tree) if tree and owner else ():
            if isinstance(node, ast.ClassDef) and node.name == owner.rpartition(".")[2]:
                site = site_at(evidence, path, node.lineno)
                methods = {part.name: part for part in node.body if isinstance(part, Definition)}
                for other in similar(name, methods, most=1) if site else ():
                    yield from _respelt(methods[other], name, site)


def _respelt(definition: ast.FunctionDef | ast.AsyncFunctionDef, name: str, site: Site | None) -> Iterator[Patch]:
    if site:
        yield site.patch(
            [defined_as(definition, name, site)], NAME, f"`{definition.name}` is called `{name}` elsewhere.", 0.6
        )
