"""A result whose order was left to a set."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, executed, said
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "unordered"

_LITERAL = r"(\[.*\]|\(.*\)|'.*'|\".*\")"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """Sorted, or in the order of appearance, where the result has the right members in another order."""
    found = said(failure, rf"assert {_LITERAL} == {_LITERAL}") or said(
        failure, rf"Lists differ: {_LITERAL} != {_LITERAL}"
    )
    if not found or not _same_members(found[1], found[2]):
        return
    for site in executed(failure, evidence):
        for node in ast.walk(site.function.node):
            yield from _ordered(node, site)


def _same_members(one: str, two: str) -> bool:
    """Whether two literals hold the same in another order, or are cut off, so that nobody can tell."""
    if "..." in one + two:
        return True
    try:
        left, right = ast.literal_eval(one), ast.literal_eval(two)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return left != right and sorted(map(repr, left)) == sorted(map(repr, right))


def _ordered(node: ast.AST, site: Site) -> Iterator[Patch]:
    """`list(set(x))`, `tuple(set(x))`, `'-'.join(set(x))`, `for y in set(x)`."""
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords and _is_set(node.args[0], site):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in {"list", "tuple", "join"}:
            yield from _cures(node.args[0], site, whole=node if name == "list" else None)
    elif isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter, site):
        yield from _cures(node.iter, site)


def _is_set(node: ast.expr, site: Site) -> bool:
    if isinstance(node, ast.Name):
        bound = _bound(node, site)
        return bool(bound) and all(not isinstance(value, ast.Name) and _is_set(value, site) for value in bound)
    called = isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"set", "frozenset"}
    return called or isinstance(node, ast.Set | ast.SetComp)


def _bound(name: ast.Name, site: Site) -> list[ast.expr]:
    """The values that the function gives the name."""
    return [n.value for n in ast.walk(site.function.node) if isinstance(n, ast.Assign) and _binds(n, name.id)]


def _binds(node: ast.Assign, name: str) -> bool:
    return any(isinstance(goal, ast.Name) and goal.id == name for goal in node.targets)


def _cures(value: ast.expr, site: Site, whole: ast.Call | None = None) -> Iterator[Patch]:
    code = site.code(value)
    why = "A set has no order of its own; "
    yield site.patch([site.replace(whole or value, f"sorted({code})")], NAME, f"{why}its members are sorted now.", 0.95)
    for made in _bound(value, site) if isinstance(value, ast.Name) else [value]:
        if isinstance(made, ast.Call) and len(made.args) == 1:
            kept = f"dict.fromkeys({site.code(made.args[0])})"
            yield site.patch([site.replace(made, kept)], NAME, f"{why}the order of appearance is kept now.", 0.93)
