"""A wrong constant: number, text or flag."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeVar

from dspy_ci.patches.templates.place import Mutation, Place

T = TypeVar("T", int, str)

NAME = "constant"
PRIOR = 0.8

_NEAR = ((1, 1.0), (-1, 1.0), (2, 0.35), (-2, 0.35))


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Near numbers, the function's other constants, the other flag, variants of a text."""
    if not isinstance(node, ast.Constant) or isinstance(place.parents.get(node), ast.JoinedStr):
        return
    old = place.code(node)
    for new, odds in variants(node, place):
        if new != old and not (new == "0" and _is_added(node, place)):
            yield Mutation((place.replace(node, new),), f"uses `{new}` instead of `{old}`", odds)


def _is_added(node: ast.Constant, place: Place) -> bool:
    """Whether it is the term behind a plus or minus; instead of `+ 0` the arithmetic family leaves the term away."""
    parent = place.parents.get(node)
    return isinstance(parent, ast.BinOp) and parent.right is node and isinstance(parent.op, ast.Add | ast.Sub)


def variants(node: ast.Constant, place: Place) -> Iterator[tuple[str, float]]:
    """Other constants that might stand here, as code, with their odds."""
    if isinstance(node.value, bool):
        yield str(not node.value), 1.0
    elif isinstance(node.value, int):
        yield from _numbers(node.value, place)
    elif isinstance(node.value, float):
        yield from ((repr(node.value + step), 0.3) for step in (1.0, -1.0))
        yield from (("0.0", 0.3), ("1.0", 0.3), (repr(-node.value), 0.3))
    elif isinstance(node.value, str) and not _is_statement(node, place):
        yield from _texts(node, place)
    elif node.value is None:
        yield from ((empty, 0.2) for empty in ("[]", "''", "0", "False", "{}"))


def _numbers(value: int, place: Place) -> Iterator[tuple[str, float]]:
    yield from ((str(value + step), odds) for step, odds in _NEAR)
    yield from ((str(small), 0.4) for small in (0, 1))
    yield str(-value), 0.3
    yield from ((str(value * ten), 0.2) for ten in (2, 10, 100))
    if value and value % 10 == 0:
        yield str(value // 10), 0.15
    yield from ((str(other), 0.25) for other in sorted(_others(place, int)))
    yield str(value + 3), 0.1


def _texts(node: ast.Constant, place: Place) -> Iterator[tuple[str, float]]:
    value, code = node.value, place.code(node)
    for new, odds in _spellings(str(value)):
        yield quoted(new, code), odds
    yield from ((quoted(other, code), 0.3) for other in sorted(_others(place, str)) if len(other) < 40)


def _spellings(text: str) -> Iterator[tuple[str, float]]:
    for new in (text.lower(), text.upper(), text.capitalize()):
        yield new, 0.5
    if text.isalpha() and len(text) > 2:
        yield text.lower() + text.upper(), 0.4
    if text:
        yield "", 0.5
        yield text.strip(), 0.3
        yield text[:-1], 0.35
        yield text[1:], 0.3
        yield text + text[-1], 0.25
    else:
        yield " ", 0.6
        yield from ((separator, 0.25) for separator in ("\n", ",", "-", "_", ", ", "."))
    if text in _PARTNERS:
        yield _PARTNERS[text], 0.7
    for brackets in (_OPENING, _CLOSING):
        yield from ((other, 0.4) for other in brackets if text and text in brackets)
    if len(text) > 2:
        yield from ((text[:at] + text[at + 1 :], 0.1) for at in range(1, min(len(text) - 1, 12)))


_OPENING, _CLOSING = "([{<", ")]}>"
_PAIRS = ("()", "[]", "{}", "<>", "'\"", ",;", "-_", "01", "+-", "*/", "/\\", ".,", "rw", "ra")
_PARTNERS = {pair[at]: pair[1 - at] for pair in _PAIRS for at in (0, 1)}


def quoted(text: str, like: str) -> str:
    """The text as a literal, in the quotes of another literal where they do."""
    code = repr(text)
    if like.lstrip("rRbBuU").startswith('"') and "'" not in text and '"' not in text:
        return f'"{code[1:-1]}"'
    return code


def _others(place: Place, kind: type[T]) -> set[T]:
    """The other constants of the function; a hint at what the author has in mind."""
    nodes = (node for statement in place.statements for node in ast.walk(statement))
    values = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {value for value in values if isinstance(value, kind) and not isinstance(value, bool)}


def _is_statement(node: ast.Constant, place: Place) -> bool:
    return isinstance(place.parents.get(node), ast.Expr)
