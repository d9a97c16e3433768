"""Operands that belong together and are not bound so: parentheses that are missing, or superfluous."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "grouping"
PRIOR = 0.7


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """`(a - b) * c` for `a - b * c`, `a / (b * c)` for `a / b * c`, `not (a and b)` for `not a and b`; and back."""
    if isinstance(node, ast.BinOp):
        yield from _paired(node.left, node.right, place)
    elif isinstance(node, ast.BoolOp):
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from _paired(left, right, place)
        first = node.values[0]
        if isinstance(first, ast.UnaryOp) and isinstance(first.op, ast.Not) and not _parentheses(first, place):
            start, end = place.spans.of(first.operand)[0], place.spans.of(node)[1]
            yield from _wrapped(start, end, place, 0.7)
    if isinstance(node, ast.BinOp | ast.BoolOp):
        yield from _opened(node, place)


def _paired(left: ast.expr, right: ast.expr, place: Place) -> Iterator[Mutation]:
    """The operator binds its nearest operands first, where one side is a calculation of its own."""
    near, far = _last(left, place), _first(right, place)
    if far is not right:
        yield from _wrapped(place.spans.of(left)[0], place.spans.of(far)[1], place, 1.0)
    if near is not left:
        yield from _wrapped(place.spans.of(near)[0], place.spans.of(right)[1], place, 0.8)


def _first(node: ast.expr, place: Place) -> ast.expr:
    """The operand with which the expression begins, behind no parenthesis."""
    while not _parentheses(node, place) and isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare):
        node = node.left if isinstance(node, ast.BinOp | ast.Compare) else node.values[0]
    return node


def _last(node: ast.expr, place: Place) -> ast.expr:
    """The operand with which the expression ends."""
    while not _parentheses(node, place) and isinstance(node, ast.BinOp | ast.BoolOp):
        node = node.right if isinstance(node, ast.BinOp) else node.values[-1]
    return node


def _wrapped(start: int, end: int, place: Place, odds: float) -> Iterator[Mutation]:
    code = place.text[start:end]
    if code.count("(") == code.count(")") and "\n" not in code:
        yield Mutation((Span(start, end, f"({code})"),), f"calculates `{code}` first", odds)


def _opened(node: ast.expr, place: Place) -> Iterator[Mutation]:
    found = _parentheses(node, place)
    if found and isinstance(place.parents.get(node), ast.BinOp | ast.BoolOp | ast.UnaryOp):
        code = place.code(node)
        yield Mutation((Span(*found, code),), f"does not put `{code}` in parentheses", 0.6)


def _parentheses(node: ast.expr, place: Place) -> tuple[int, int] | None:
    """The span of the expression with parentheses of its own, on its lines; None where it has none."""
    start, end = place.spans.of(node)
    before, behind = place.text[:start].rstrip(" "), place.text[end:].lstrip(" ")
    if not before.endswith("(") or not behind.startswith(")"):
        return None
    parent = place.parents.get(node)
    called = isinstance(parent, ast.Call) and node in parent.args and len(parent.args) + len(parent.keywords) == 1
    return None if called else (len(before) - 1, len(place.text) - len(behind) + 1)
