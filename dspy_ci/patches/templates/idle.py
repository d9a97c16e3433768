"""A value that is calculated and thrown away: it was meant to be kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "idle"
PRIOR = 2.0
"""A statement without effect is a fault wherever it stands."""


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """The operand, or the left side of a comparison, set to the value; the value returned."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.BinOp | ast.Compare):
        return
    value = node.value
    left, code = value.left, place.code(value)
    start, end = place.spans.of(node)
    if isinstance(left, ast.Name | ast.Attribute | ast.Subscript):
        target = place.code(left)
        if isinstance(value, ast.Compare) and len(value.ops) == 1 and isinstance(value.ops[0], ast.Eq):
            kept = f"{target} = {place.code(value.comparators[0])}"
            yield Mutation((Span(start, end, kept),), f"sets `{target}` instead of comparing it", 1.0)
        elif isinstance(value, ast.BinOp):
            yield Mutation((Span(start, end, f"{target} = {code}"),), f"keeps `{code}` in `{target}`", 1.0)
    yield Mutation((Span(start, end, f"return {code}"),), f"returns `{code}` instead of dropping it", 0.4)
