"""A special case that is not handled: nothing, zero, empty, the end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "guard"
PRIOR = 0.35


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """An early return at the top of the function; `continue` or `break` at the top of a loop."""
    if not isinstance(node, ast.stmt) or node not in place.blocks:
        return
    block, index = place.blocks[node]
    if index == _first(place) and block is place.function.node.body and not isinstance(place.function.node, ast.Module):
        yield from _returns(node, place)
    loop = place.parents.get(node)
    if isinstance(loop, ast.For | ast.While) and block is loop.body and index == 0:
        yield from _skips(node, place)


def _first(place: Place) -> int:
    return place.function.node.body.index(place.statements[0]) if place.statements else 0


def _returns(first: ast.stmt, place: Place) -> Iterator[Mutation]:
    values = dict(_results(place))
    for name in place.scope.params:
        for question, odds in _questions(name, place):
            for value, fits in values.items() | {(name, 0.3)}:
                span = place.insert_before(first, f"if {question}:\n    return {value}")
                if span:
                    yield Mutation((span,), f"returns `{value}` early if `{question}`", odds * fits)


def _skips(first: ast.stmt, place: Place) -> Iterator[Mutation]:
    for name in names_at(first, place)[-4:]:
        for question, odds in _questions(name, place):
            for action in ("continue", "break"):
                span = place.insert_before(first, f"if {question}:\n    {action}")
                if span:
                    yield Mutation((span,), f"skips the round (`{action}`) if `{question}`", odds * 0.3)


def _questions(name: str, place: Place) -> Iterator[tuple[str, float]]:
    kind = place.scope.kinds.get(name)
    if kind == "self":
        return
    if kind in {"list", "text", "dict", "set", "tuple", None}:
        yield f"not {name}", 1.0
    if kind in {"list", "text", None}:
        yield f"len({name}) == 1", 0.3
    if kind in {"number", None}:
        yield from (
            (f"{name} {sign}", odds)
            for sign, odds in (("== 0", 0.6), ("< 0", 0.4), ("<= 0", 0.4), ("== 1", 0.4), ("< 2", 0.3))
        )
    if kind is None:
        yield f"{name} is None", 0.7


def _results(place: Place) -> Iterator[tuple[str, float]]:
    """What the function may return in a special case, judged by what it returns elsewhere."""
    kinds = set()
    for statement in place.statements:
        if isinstance(statement, ast.Return) and statement.value:
            kinds.add(place.kind(statement.value))
            if isinstance(statement.value, ast.Constant):
                yield place.code(statement.value), 0.9
    fitting = {
        "list": ["[]"],
        "text": ["''"],
        "number": ["0", "1"],
        "dict": ["{}"],
        "flag": ["False", "True"],
        "set": ["set()"],
    }
    for kind, values in fitting.items():
        yield from ((value, 0.8 if kind in kinds else 0.15) for value in values)
    yield "None", 0.5
