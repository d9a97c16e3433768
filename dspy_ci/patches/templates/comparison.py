"""A comparison that uses the wrong operator."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "comparison"
PRIOR = 1.0

SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_SWAPS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "<": (("<=", 1.0), (">", 0.7), (">=", 0.5), ("==", 0.4), ("!=", 0.3)),
    "<=": (("<", 1.0), (">=", 0.7), (">", 0.5), ("==", 0.4), ("!=", 0.2)),
    ">": ((">=", 1.0), ("<", 0.7), ("<=", 0.5), ("==", 0.4), ("!=", 0.3)),
    ">=": ((">", 1.0), ("<=", 0.7), ("<", 0.5), ("==", 0.4), ("!=", 0.2)),
    "==": (("!=", 1.0), ("<=", 0.5), (">=", 0.5), ("<", 0.3), (">", 0.3), ("in", 0.2)),
    "!=": (("==", 1.0), ("<", 0.4), (">", 0.4), ("<=", 0.2), (">=", 0.2), ("not in", 0.2)),
    "in": (("not in", 1.0), ("==", 0.4)),
    "not in": (("in", 1.0), ("!=", 0.3)),
    "is": (("is not", 1.0), ("==", 0.9)),
    "is not": (("is", 1.0), ("!=", 0.9)),
}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Each operator of the comparison replaced by each other one, the nearest first."""
    if not isinstance(node, ast.Compare):
        return
    operands = [node.left, *node.comparators]
    for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
        old = SIGNS[type(operator)]
        span = operator_span(place, left, right, old)
        if span:
            for new, odds in _SWAPS[old]:
                yield Mutation((Span(*span, new),), f"compares with `{new}` instead of `{old}`", odds)


def operator_span(place: Place, left: ast.expr, right: ast.expr, sign: str) -> tuple[int, int] | None:
    """Where the operator between two operands stands; None when comments or brackets hide it."""
    start, end = place.spans.of(left)[1], place.spans.of(right)[0]
    pattern = r"\s+".join(map(re.escape, sign.split()))
    found = re.fullmatch(rf"[\s)\\]*({pattern})[\s(\\]*", place.text[start:end])
    return (start + found.start(1), start + found.end(1)) if found else None
