"""An attribute that the object never got: a parameter that was not kept, or a value that nobody starts with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, site_at
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-field"

_STARTS = (
    ({"append", "extend", "insert", "sort", "remove"}, "[]"),
    ({"items", "keys", "values", "get", "setdefault", "update"}, "{}"),
    ({"add", "discard"}, "set()"),
)
"""By the methods that are called on an attribute, what it starts as."""


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """`self.x = x` in `__init__` where the parameter is there; else a first value that fits how it is used."""
    found = said(failure, r"'(\w+)' object has no attribute '(\w+)'")
    for path in evidence.paths if found else ():
        tree = evidence.snapshot.tree(path)
        for node in tree.body if tree else ():
            if found and isinstance(node, ast.ClassDef) and node.name == found[1]:
                site = site_at(evidence, path, node.lineno)
                start = next((n for n in node.body if isinstance(n, Definition) and n.name == "__init__"), None)
                if site and start and not _is_stored(found[2], start) and not _is_inherited(found[2], node, evidence):
                    yield from _started(found[2], node, start, site)


def _is_stored(name: str, function: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Attribute) and n.attr == name and isinstance(n.ctx, ast.Store) for n in ast.walk(function)
    )


def _is_inherited(name: str, owner: ast.ClassDef, evidence: Evidence) -> bool:
    """Whether a base keeps it: then that one was not asked to start, which is another fault."""
    bases = {getattr(base, "attr", getattr(base, "id", "")) for base in owner.bases}
    trees = (evidence.snapshot.tree(path) for path in evidence.paths) if bases else ()
    classes = (node for tree in trees if tree for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return any(node.name in bases and _is_stored(name, node) for node in classes)


def _started(
    name: str, owner: ast.ClassDef, start: ast.FunctionDef | ast.AsyncFunctionDef, site: Site
) -> Iterator[Patch]:
    spec = start.args
    params = [argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)][1:]
    if name.lstrip("_") in params:
        why = f"`{owner.name}` is given `{name.lstrip('_')}` and does not keep it."
        yield from _kept(f"self.{name} = {name.lstrip('_')}", start, site, why, 0.97)
        return
    defined = {part.name for part in owner.body if isinstance(part, Definition)}
    if name in defined or not any(_uses(name, owner)):
        return
    for rank, value in enumerate(_first_values(name, owner)):
        why = f"`{owner.name}` uses `self.{name}` before anybody gave it a value."
        yield from _kept(f"self.{name} = {value}", start, site, why, 0.7 - 0.1 * rank)


def _uses(name: str, owner: ast.ClassDef) -> Iterator[ast.Attribute]:
    for node in ast.walk(owner):
        if isinstance(node, ast.Attribute) and node.attr == name and getattr(node.value, "id", "") == "self":
            yield node


def _first_values(name: str, owner: ast.ClassDef) -> list[str]:
    """What the attribute may start as, the likeliest first."""
    found = []
    uses = list(_uses(name, owner))
    for node in ast.walk(owner):
        if isinstance(node, ast.AugAssign) and node.target in uses:
            found.append("''" if isinstance(node.value, ast.Constant | ast.JoinedStr) and _is_text(node.value) else "0")
        elif isinstance(node, ast.Attribute) and node.value in uses:
            found += [value for methods, value in _STARTS if node.attr in methods]
        elif isinstance(node, ast.Subscript) and node.value in uses and isinstance(node.ctx, ast.Store):
            found.append("{}")
        elif isinstance(node, ast.Assign) and any(target in uses for target in node.targets):
            found += ["False"] if isinstance(node.value, ast.Constant) and node.value.value is True else []
            found.append("None")
    return list(dict.fromkeys([*found, "None", "[]", "0", "{}", "False"]))


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or isinstance(getattr(value, "value", None), str)


def _kept(
    code: str, start: ast.FunctionDef | ast.AsyncFunctionDef, site: Site, why: str, weight: float
) -> Iterator[Patch]:
    """The assignment behind the last one of its kind, so that it stands among its like."""
    likes = [n for n in start.body if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Attribute)]
    last = likes[-1] if likes else start.body[0]
    line = site.spans.line_start(last.lineno if not likes else (last.end_lineno or last.lineno) + 1)
    begin = site.spans.line_start(last.lineno)
    indent = site.spans.text[begin : site.spans.of(last)[0]]
    ended = not line or site.spans.text[line - 1] in "\r\n"
    newline = "\r\n" if "\r\n" in site.spans.text else "\n"
    if not indent.strip():
        yield site.patch([Span(line, line, f"{'' if ended else newline}{indent}{code}{newline}")], NAME, why, weight)
