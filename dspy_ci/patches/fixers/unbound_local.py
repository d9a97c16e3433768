"""A variable that is assigned in a function and meant from outside, or read before it is assigned."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "unbound-local"

_STARTS = ("0", "[]", "None", "''", "{}", "False")


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """`global` or `nonlocal` where an outer scope has the name, else a value to start with."""
    found = said(failure, r"local variable '(\w+)' (?:referenced before assignment|where it is not associated)")
    if not found:
        return
    name = found[1]
    for site in sites(failure, evidence):
        inner = _innermost(site)
        if inner:
            if word := _outer(name, inner, site):
                yield _first(inner, f"{word} {name}", site, f"`{name}` is meant from outside: `{word}`.", 0.97)
            for rank, value in enumerate(_STARTS):
                why = f"`{name}` may be read before it is assigned; it starts as {value}."
                yield _first(inner, f"{name} = {value}", site, why, 0.8 - 0.08 * rank)
            return


def _innermost(site: Site) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    around = [node for node in ast.walk(site.tree) if isinstance(node, Definition) and _holds(node, site.line)]
    return max(around, key=lambda node: node.lineno, default=None)


def _holds(node: ast.FunctionDef | ast.AsyncFunctionDef, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _outer(name: str, inner: ast.FunctionDef | ast.AsyncFunctionDef, site: Site) -> str | None:
    """The word that makes the name mean that of an outer scope; None when no outer scope binds it."""
    holders = [n for n in ast.walk(site.tree) if isinstance(n, Definition) and inner in ast.walk(n) and n is not inner]
    for holder in holders:
        own = [n for n in ast.walk(holder) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)]
        if any(node not in ast.walk(inner) for node in own):
            return "nonlocal"
    return "global" if name in site.scope.globals else None


def _first(inner: ast.FunctionDef | ast.AsyncFunctionDef, code: str, site: Site, why: str, weight: float) -> Patch:
    body = inner.body
    is_doc = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1
    statement = body[1] if is_doc else body[0]
    start = site.spans.line_start(statement.lineno)
    return site.patch([Span(start, start, f"{' ' * statement.col_offset}{code}\n")], NAME, why, weight)
