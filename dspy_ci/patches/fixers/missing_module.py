"""An import that finds nothing: the module or the name moved, or is misspelt."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.codebase.modules import module_name, module_paths
from dspy_ci.codebase.scopes import bindings
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.renames import MEMBERS, MODULES
from dspy_ci.patches.fixers.site import Site, defined_as, said, similar, site_at, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-module"

Import = ast.Import | ast.ImportFrom


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """Import from where it is now; or, where only a test imports it, define what the test asks for."""
    if found := said(failure, r"No module named '?([\w.]+)'?"):
        for site, node in _imports(failure, evidence, found[1]):
            yield from _module(found[1], node, site)
    if found := said(failure, r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'"):
        for site, node in _imports(failure, evidence, found[1]):
            yield from _name(found[1], found[2], node, site)
            if "circular import" in failure.message or "partially initialized" in failure.message:
                yield from _later(found[1], node, site)
        yield from _defined(found[1], found[2], evidence)


def _imports(failure: Failure, evidence: Evidence, wanted: str) -> Iterator[tuple[Site, Import]]:
    """The import statements at the failure's frames, else all of our own that speak of what is missing."""
    for site in sites(failure, evidence):
        for node in ast.walk(site.tree):
            if isinstance(node, Import) and node.lineno <= site.line <= (node.end_lineno or 0):
                yield site, node
    last = wanted.rpartition(".")[2]
    for path in evidence.paths:
        if last not in (evidence.snapshot.text(path) or ""):
            continue
        if somewhere := site_at(evidence, path, 1):
            imports = (node for node in ast.walk(somewhere.tree) if isinstance(node, Import))
            yield from ((somewhere, node) for node in imports if wanted in _spoken(node))


def _spoken(node: Import) -> set[str]:
    names = {alias.name for alias in node.names}
    return names | {node.module or ""} if isinstance(node, ast.ImportFrom) else names


def _module(missing: str, node: Import, site: Site) -> Iterator[Patch]:
    snapshot = site.evidence.snapshot
    known = [module_name(snapshot, path) for path in site.evidence.paths]
    moved = [site.evidence.moved[missing]] if missing in site.evidence.moved else []
    moved += [MODULES[missing]] if missing in MODULES else []
    inside = [name for name in known if name.endswith(f".{missing}")]
    near = similar(missing, [*known, *sys.stdlib_module_names], most=2)
    for rank, new in enumerate(dict.fromkeys([*moved, *inside, *near])):
        text = _rewritten(node, missing, new)
        if text:
            why = f"There is no module `{missing}`; `{new}` has it."
            yield site.patch([site.replace(node, text)], NAME, why, 0.96 - 0.1 * rank)


def _rewritten(node: Import, old: str, new: str) -> str | None:
    if isinstance(node, ast.ImportFrom):
        return f"from {new} import {_names(node.names)}" if node.module == old else _member(node, old, new)
    if all(alias.name != old for alias in node.names):
        return None
    bound = f"{new} as {old}" if "." not in old else new
    return "import " + ", ".join(
        _one(alias) if alias.name != old else f"{new} as {alias.asname}" if alias.asname else bound
        for alias in node.names
    )


def _member(node: ast.ImportFrom, old: str, new: str) -> str | None:
    """`from package import module` where the module has another name now."""
    package, _, last = old.rpartition(".")
    if not node.module or node.module != package or all(alias.name != last for alias in node.names):
        return None
    home, _, other = new.rpartition(".")
    renamed = [ast.alias(other, alias.asname or last) if alias.name == last else alias for alias in node.names]
    return f"from {home} import {_names(renamed)}" if home else None


def _name(name: str, module: str, node: Import, site: Site) -> Iterator[Patch]:
    """From the module that has it now, or under the name that it has there."""
    if not isinstance(node, ast.ImportFrom) or all(alias.name != name for alias in node.names):
        return
    if new := MEMBERS.get(f"{module}.{name}"):
        home, _, other = new.rpartition(".")
        yield _split(node, name, f"from {home} import {other}" if home else "", other, site, weight=0.99)
    for path in site.evidence.paths:
        if name in _defines(path, site.evidence) and path not in module_paths(site.evidence.snapshot, module):
            home = module_name(site.evidence.snapshot, path)
            yield _split(node, name, f"from {home} import {name}", name, site, weight=0.93)
    known = [n for path in module_paths(site.evidence.snapshot, module) for n in _defines(path, site.evidence)]
    follows = [other for other in site.evidence.renamed.get(name, ()) if other in known]
    for rank, other in enumerate(dict.fromkeys([*follows, *similar(name, known)])):
        uses = [n for n in ast.walk(site.tree) if isinstance(n, ast.Name) and n.id == name]
        alias = next(alias for alias in node.names if alias.name == name)
        spans = [Span(*site.spans.of(alias), f"{other} as {alias.asname}" if alias.asname else other)]
        spans += [site.replace(use, other) for use in uses if not alias.asname]
        yield site.patch(spans, NAME, f"`{module}` has no `{name}`; it has `{other}`.", 0.92 - 0.1 * rank)


def _split(node: ast.ImportFrom, name: str, statement: str, other: str, site: Site, *, weight: float) -> Patch:
    """The name taken out of an import and imported by a statement of its own, bound as before."""
    rest = [alias for alias in node.names if alias.name != name]
    bound = next((alias.asname or alias.name for alias in node.names if alias.name == name), name)
    if statement and bound != other:
        statement += f" as {bound}"
    origin = "." * node.level + (node.module or "")
    lines = [f"from {origin} import {_names(rest)}"] if rest else []
    indent = " " * node.col_offset
    text = f"\n{indent}".join([*lines, *([statement] if statement else [])]) or "pass"
    why = f"`{name}` cannot be imported from `{origin}`" + (
        f"; `{statement}` can." if statement else "; it is built in."
    )
    return site.patch([site.replace(node, text)], NAME, why, weight)


def _defines(path: str, evidence: Evidence) -> list[str]:
    tree = evidence.snapshot.tree(path)
    return [] if tree is None else [name for name, _ in bindings(n for n in tree.body if not isinstance(n, Import))]


def _later(name: str, node: Import, site: Site) -> Iterator[Patch]:
    """A circular import put into the functions that need it."""
    if node not in site.tree.body or not isinstance(node, ast.ImportFrom) or len(node.names) != 1:
        return
    bound = node.names[0].asname or name
    users = [n for n in ast.walk(site.tree) if isinstance(n, Definition) and bound in _used(n)]
    inner = {n for user in users for n in ast.walk(user) if n is not user}
    users = [user for user in users if user not in inner]
    if not users or any(
        bound in _used(n) for n in site.tree.body if not isinstance(n, Definition | ast.ClassDef | Import)
    ):
        return
    spans = [_moved(user, site.code(node), site) for user in users]
    start = site.spans.line_start(node.lineno)
    spans.append(Span(start, site.spans.line_start((node.end_lineno or node.lineno) + 1), ""))
    yield site.patch(spans, NAME, f"The modules import each other; `{name}` is imported where it is used.", 0.97)


def _moved(user: ast.FunctionDef | ast.AsyncFunctionDef, statement: str, site: Site) -> Span:
    body = user.body
    is_doc = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1
    first = body[1] if is_doc else body[0]
    start = site.spans.line_start(first.lineno)
    return Span(start, start, f"{' ' * first.col_offset}{statement}\n")


def _used(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _defined(name: str, module: str, evidence: Evidence) -> Iterator[Patch]:
    """The definition under the name by which it is imported, where only tests and one definition disagree."""
    for path in module_paths(evidence.snapshot, module):
        site = site_at(evidence, path, 1)
        defined = {n.name: n for n in site.tree.body if isinstance(n, Definition | ast.ClassDef)} if site else {}
        for other in similar(name, defined, most=1):
            uses = [n for n in ast.walk(site.tree) if isinstance(n, ast.Name) and n.id == other] if site else []
            if site:
                spans = [defined_as(defined[other], name, site), *(site.replace(use, name) for use in uses)]
                yield site.patch(spans, NAME, f"`{other}` is imported as `{name}`.", 0.7)


def _names(aliases: Iterable[ast.alias]) -> str:
    return ", ".join(map(_one, aliases))


def _one(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name
