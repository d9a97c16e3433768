"""A class whose own `__init__` forgot that of its parent."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, site_at
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-super"

Initialiser = ast.FunctionDef | ast.AsyncFunctionDef


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """`super().__init__` with the arguments of the same names, first in the child's `__init__`."""
    found = said(failure, r"'(\w+)' object has no attribute '(\w+)'")
    if not found:
        return
    classes = dict(_classes(evidence))
    child, site = classes.get(found[1], (None, None))
    own = _init(child) if child else None
    for base in child.bases if child else ():
        parent, _ = classes.get(getattr(base, "id", ""), (None, None))
        theirs = _init(parent) if parent else None
        if child and site and own and theirs and found[2] in _stored(theirs) and "super" not in _names(own):
            yield from _called(child.name, own, theirs, site)


def _classes(evidence: Evidence) -> Iterator[tuple[str, tuple[ast.ClassDef, Site]]]:
    for path in evidence.paths:
        site = site_at(evidence, path, 1)
        if site:
            yield from ((node.name, (node, site)) for node in ast.walk(site.tree) if isinstance(node, ast.ClassDef))


def _init(node: ast.ClassDef) -> Initialiser | None:
    return next((part for part in node.body if isinstance(part, Definition) and part.name == "__init__"), None)


def _stored(node: ast.AST) -> set[str]:
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)}


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _called(name: str, own: Initialiser, theirs: Initialiser, site: Site) -> Iterator[Patch]:
    known = {argument.arg for argument in (*own.args.posonlyargs, *own.args.args, *own.args.kwonlyargs)}
    wanted = [argument.arg for argument in theirs.args.args[1:]]
    required = set(wanted[: len(wanted) - len(theirs.args.defaults)])
    open_ends = [argument for argument in wanted if argument in required - known]
    if not open_ends:
        yield _put([argument for argument in wanted if argument in known], own, site, 0.97)
    elif len(open_ends) == 1:  # what the child is called is what most parents want to hear
        for value in (repr(name.lower()), repr(name), "None", "0", "''"):
            passed = [argument if argument in known else value for argument in wanted if argument in required | known]
            yield _put(passed, own, site, 0.6)


def _put(passed: list[str], own: Initialiser, site: Site, weight: float) -> Patch:
    is_doc = isinstance(own.body[0], ast.Expr) and isinstance(own.body[0].value, ast.Constant) and len(own.body) > 1
    first = own.body[1] if is_doc else own.body[0]
    start = site.spans.line_start(first.lineno)
    code = f"{' ' * first.col_offset}super().__init__({', '.join(passed)})\n"
    return site.patch([Span(start, start, code)], NAME, "The parent's `__init__` was never called.", weight)
