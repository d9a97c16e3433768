"""Quantities whose names speak of different units, calculated with as if they had the same one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "unit"
PRIOR = 0.8

_SCALES: tuple[Mapping[str, int], ...] = (
    {
        **dict.fromkeys(("us", "micros", "microsecond", "microseconds"), 1),
        **dict.fromkeys(("ms", "msec", "msecs", "milli", "millis", "millisecond", "milliseconds"), 1_000),
        **dict.fromkeys(("sec", "secs", "second", "seconds"), 1_000_000),
        **dict.fromkeys(("min", "mins", "minute", "minutes"), 60_000_000),
        **dict.fromkeys(("hour", "hours", "hrs"), 3_600_000_000),
        **dict.fromkeys(("day", "days"), 86_400_000_000),
        **dict.fromkeys(("week", "weeks"), 604_800_000_000),
    },
    {
        **dict.fromkeys(("cent", "cents", "pence"), 1),
        **dict.fromkeys(("euro", "euros", "dollar", "dollars", "pounds"), 100),
    },
    {
        **dict.fromkeys(("mm", "millimeters"), 1),
        **dict.fromkeys(("cm", "centimeters"), 10),
        **dict.fromkeys(("meter", "meters", "metres"), 1_000),
        **dict.fromkeys(("km", "kilometers", "kilometres"), 1_000_000),
    },
    {
        **dict.fromkeys(("byte", "bytes"), 1),
        **dict.fromkeys(("kb", "kib", "kilobytes"), 1_024),
        **dict.fromkeys(("mb", "mib", "megabytes"), 1_048_576),
    },
)
_PERCENT = frozenset({"percent", "percentage", "pct"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """One side of a sum or a comparison converted into the unit of the other; percent made a fraction."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield from _converted(node.left, node.right, place)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from _converted(node.left, node.comparators[0], place)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        yield from _kept(node.targets[0], node.value, place)
    elif isinstance(node, ast.keyword) and node.arg:
        yield from _kept(ast.Name(node.arg, ast.Store()), node.value, place)
    if isinstance(node, _PLAIN) and _PERCENT & _words(node):
        parent = place.parents.get(node)
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mult):
            text = f"{place.code(node)} / 100"
            yield Mutation((place.replace(node, text),), f"takes `{text}`, for `{place.code(node)}` is in percent", 0.8)


def _converted(left: ast.expr, right: ast.expr, place: Place) -> Iterator[Mutation]:
    for one, other in ((left, right), (right, left)):
        yield from _kept(other, one, place, 1.0 if one is right else 0.8)


def _kept(goal: ast.expr, value: ast.expr, place: Place, odds: float = 0.8) -> Iterator[Mutation]:
    """The value in the unit of the goal, where both name one and they differ."""
    if not isinstance(value, _PLAIN):
        return
    code, atom = place.code(value), place.atom(value)
    for scale in _SCALES:
        mine, theirs = _unit(value, scale), _unit(goal, scale)
        if not mine or not theirs or mine == theirs:
            continue
        texts = (
            [f"{atom} * {mine // theirs}"]
            if mine > theirs
            else [f"{atom} / {theirs // mine}", f"{atom} // {theirs // mine}"]
        )
        for text in texts:
            yield Mutation(
                (place.replace(value, text),), f"converts `{code}` to the unit of the other side: `{text}`", odds
            )


def _unit(node: ast.expr, scale: Mapping[str, int]) -> int | None:
    """The one unit that the names of an expression speak of."""
    found = {scale[word] for word in _words(node) if word in scale}
    return found.pop() if len(found) == 1 else None


def _words(node: ast.expr) -> frozenset[str]:
    """The words of the names in an expression, numbers that already convert it aside."""
    return _named(ast.unparse(node)) if isinstance(node, (*_PLAIN, ast.BinOp)) else frozenset()


@cache
def _named(code: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(code))
