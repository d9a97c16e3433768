"""A calculation with the wrong operator, swapped operands, or one operand too many."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from dspy_ci.patches.templates.comparison import operator_span
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "arithmetic"
PRIOR = 0.9

_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.MatMult: "@",
}  # fmt: skip
_SWAPS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "+": (("-", 1.0), ("*", 0.6), ("//", 0.15), ("%", 0.15)),
    "-": (("+", 1.0), ("//", 0.3), ("%", 0.3), ("*", 0.3), ("/", 0.2)),
    "*": (("**", 0.7), ("+", 0.7), ("/", 0.5), ("//", 0.5), ("-", 0.2)),
    "/": (("//", 1.0), ("*", 0.7), ("%", 0.4), ("-", 0.15)),
    "//": (("/", 1.0), ("%", 0.9), ("*", 0.4), ("-", 0.15)),
    "%": (("//", 1.0), ("/", 0.4), ("-", 0.15), ("*", 0.15)),
    "**": (("*", 1.0),),
    "&": (("|", 1.0), ("^", 0.7)),
    "|": (("&", 1.0), ("^", 0.7), ("-", 0.2)),
    "^": (("&", 0.8), ("|", 0.8), ("**", 0.8)),
    "<<": ((">>", 1.0),),
    ">>": (("<<", 1.0),),
    "@": (("*", 1.0),),
}
_COMMUTES = {"+", "*", "&", "|", "^"}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Other operators, swapped operands, one operand alone; for `+=` and its kin other operators and plain `=`."""
    if isinstance(node, ast.BinOp):
        yield from _operators(node, place)
        yield from _operands(node, place)
    elif isinstance(node, ast.AugAssign):
        yield from _augmented(node, place)


def _operators(node: ast.BinOp, place: Place) -> Iterator[Mutation]:
    old = _SIGNS[type(node.op)]
    span = operator_span(place, node.left, node.right, old)
    text = "text" in {place.kind(node.left), place.kind(node.right)}
    for new, odds in _SWAPS[old] if span else ():
        if not (text and old == "+"):
            yield Mutation((Span(*(span or (0, 0)), new),), f"calculates with `{new}` instead of `{old}`", odds)


def _operands(node: ast.BinOp, place: Place) -> Iterator[Mutation]:
    old = _SIGNS[type(node.op)]
    left, right = place.code(node.left), place.code(node.right)
    if isinstance(node.op, ast.Mod) and place.kind(node.left) == "text":
        return
    if old not in _COMMUTES or place.kind(node.left) in {"text", "list", None}:
        swapped = f"{place.atom(node.right)} {old} {place.atom(node.left)}"
        yield Mutation((place.replace(node, swapped),), f"takes `{right}` first and `{left}` second", 0.4)
    yield Mutation((place.replace(node, left),), f"leaves `{old} {right}` away", 0.7)
    inner = node.left.left if isinstance(node.left, ast.BinOp) else None
    while inner:
        text = place.code(inner)
        yield Mutation((place.replace(node, text),), f"takes only `{text}` instead of `{place.code(node)}`", 0.35)
        inner = inner.left if isinstance(inner, ast.BinOp) else None
    yield Mutation((place.replace(node, right),), f"takes only `{right}` instead of `{place.code(node)}`", 0.35)


def _augmented(node: ast.AugAssign, place: Place) -> Iterator[Mutation]:
    old = _SIGNS[type(node.op)]
    span = operator_span(place, node.target, node.value, f"{old}=")
    if not span:
        return
    for new, odds in _SWAPS[old]:
        yield Mutation(
            (Span(*span, f"{new}="),), f"updates `{place.code(node.target)}` with `{new}=` instead of `{old}=`", odds
        )
    yield Mutation((Span(*span, "="),), f"sets `{place.code(node.target)}` instead of adding to it", 0.3)
