"""A written list, tuple or set that lacks an element, or has one too many: what its fellows hold is tried."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "row"
PRIOR = 0.5

_MOST = 12


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """An element of a neighbouring row, or one more of a series, put in at either end; an element taken out."""
    if not isinstance(node, ast.List | ast.Tuple | ast.Set) or not isinstance(
        getattr(node, "ctx", ast.Load()), ast.Load
    ):
        return
    texts = [place.code(part) for part in node.elts]
    if not texts or any("\n" in text for text in texts) or not all(map(_is_plain, node.elts)):
        return
    for text, odds in dict(_others(node, place)).items():
        if text not in texts:
            yield _written(node, [text, *texts], place, f"also holds `{text}`", odds)
            yield _written(node, [*texts, text], place, f"also holds `{text}`", odds)
    for gone in texts if len(texts) > 1 else ():
        yield _written(node, [text for text in texts if text != gone], place, f"does not hold `{gone}`", 0.4)


def _others(node: ast.List | ast.Tuple | ast.Set, place: Place) -> Iterator[tuple[str, float]]:
    """What rows of the same table hold, then numbers that go on with the series."""
    parent = place.parents.get(node)
    fellows: list[ast.expr] = []
    if isinstance(parent, ast.Dict):
        fellows = [row for row in parent.values if row is not node]
    elif isinstance(parent, ast.List | ast.Tuple | ast.Set):
        fellows = [row for row in parent.elts if row is not node]
    held = [part for row in fellows if isinstance(row, type(node)) for part in row.elts if _is_plain(part)]
    yield from ((place.code(part), 0.9) for part in held[:_MOST])
    numbers = [part.value for part in node.elts if isinstance(part, ast.Constant) and type(part.value) is int]
    if numbers and len(numbers) == len(node.elts):
        yield from ((str(number), 0.5) for number in (min(numbers) - 1, max(numbers) + 1))


def _is_plain(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant | ast.Name | ast.Attribute)


def _written(node: ast.List | ast.Tuple | ast.Set, texts: list[str], place: Place, why: str, odds: float) -> Mutation:
    start, end = place.spans.of(node)
    first, last = place.text[start], place.text[end - 1]
    inner = ", ".join(texts) + ("," if len(texts) == 1 and first == "(" else "")
    bare = isinstance(node, ast.Tuple) and not (first == "(" and last == ")")
    return Mutation((Span(start, end, inner if bare else f"{first}{inner}{last}"),), why, odds)
