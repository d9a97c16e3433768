"""The result of a method that changes its object in place and returns nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, executed, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "lost-result"

_IN_PLACE = {"sort", "reverse", "append", "extend", "insert", "remove", "clear", "update", "add", "discard", "shuffle"}


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The change first, then the object; for sorting and reversing also the function that gives a new list."""
    if failure.kind != "test" or not said(failure, r"\bNone(?:Type)?\b"):
        return
    seen: set[tuple[str, int]] = set()
    for site in (*sites(failure, evidence), *executed(failure, evidence)):
        for node in ast.walk(site.function.node):
            if (
                isinstance(node, ast.Return | ast.Assign)
                and _is_in_place(node.value)
                and (site.path, node.lineno) not in seen
            ):
                seen.add((site.path, node.lineno))
                yield from _kept(node, site)


def _is_in_place(value: ast.expr | None) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in _IN_PLACE
        and isinstance(value.func.value, ast.Name | ast.Attribute)
    )


def _kept(node: ast.Return | ast.Assign, site: Site) -> Iterator[Patch]:
    call = node.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return
    owner, whole, indent = site.code(call.func.value), site.code(call), " " * node.col_offset
    why = f"`{whole}` changes `{owner}` and returns nothing."
    if call.func.attr in {"sort", "reverse"}:
        given = ", ".join([owner, *(site.code(keyword) for keyword in call.keywords)])
        new = f"sorted({given})" if call.func.attr == "sort" else f"{owner}[::-1]"
        yield site.patch([site.replace(call, new)], NAME, why, 0.95)
    if isinstance(node, ast.Return):
        yield site.patch([site.replace(node, f"{whole}\n{indent}return {owner}")], NAME, why, 0.94)
    else:
        goal = site.code(node.targets[0])
        text = whole if goal == owner else f"{whole}\n{indent}{goal} = {owner}"
        yield site.patch([site.replace(node, text)], NAME, why, 0.94)
