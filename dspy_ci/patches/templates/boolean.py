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
    """The other operator throughout, or one operand left out; each value compared, not the first alone."""
    if not isinstance(node, ast.BoolOp):
        return
    yield from _compared_each(node, place)
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


def _compared_each(node: ast.BoolOp, place: Place) -> Iterator[Mutation]:
    """`x == 1 or 2` is always true: `x == 1 or x == 2` was meant; and `'a' in x or 'b' in x` by `'a' or 'b' in x`."""
    first, last = node.values[0], node.values[-1]
    word = " or " if isinstance(node.op, ast.Or) else " and "
    if isinstance(first, ast.Compare) and len(first.ops) == 1 and all(map(_is_bare, node.values[1:])):
        head = place.text[place.spans.of(first)[0] : place.spans.of(first.comparators[0])[0]]
        text = word.join([place.code(first), *(f"{head}{place.code(value)}" for value in node.values[1:])])
    elif isinstance(last, ast.Compare) and len(last.ops) == 1 and all(map(_is_bare, [*node.values[:-1], last.left])):
        tail = place.text[place.spans.of(last.left)[1] : place.spans.of(last)[1]]
        text = word.join([*(f"{place.code(value)}{tail}" for value in node.values[:-1]), place.code(last)])
    else:
        return
    yield Mutation((place.replace(node, text),), "compares with each of the values, not with the first alone", 1.2)


def _is_bare(value: ast.expr) -> bool:
    """Whether it is a text or a number, which as a condition says nothing."""
    return isinstance(value, ast.Constant) and not isinstance(value.value, bool | type(None))
