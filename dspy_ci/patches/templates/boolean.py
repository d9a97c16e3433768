"""A condition whose parts are joined wrongly: `and` for `or`, or one part too many."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from dspy_ci.patches.templates.comparison import operator_span
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "boolean"
PRIOR = 0.8


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """The other operator throughout, or one operand left out."""
    if not isinstance(node, ast.BoolOp):
        return
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    spans = [operator_span(place, left, right, old) for left, right in pairwise(node.values)]
    found = [span for span in spans if span]
    if len(found) == len(spans):
        yield Mutation(
            tuple(Span(*span, new) for span in found), f"joins the conditions with `{new}` instead of `{old}`"
        )
    if len(found) > 1:
        for span in found:
            yield Mutation((Span(*span, new),), f"joins two of the conditions with `{new}` instead of `{old}`", 0.4)
    for dropped in node.values:
        rest = [place.atom(value) for value in node.values if value is not dropped]
        text = f" {old} ".join(rest) if len(rest) > 1 else place.code(next(v for v in node.values if v is not dropped))
        yield Mutation((place.replace(node, text),), f"does without the condition `{place.code(dropped)}`", 0.5)
