"""A number that may leave its range: it is held by a lower or an upper bound."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "bound"
PRIOR = 0.35


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """`max(x, 0)`, `min(x, limit)`, `min(x, len(items) - 1)` and such for a value that is kept or returned."""
    value = node.value if isinstance(node, ast.Assign | ast.AugAssign | ast.Return) else None
    if value is None or isinstance(value, ast.Constant) or place.kind(value) not in {"number", None}:
        return
    code = place.code(value)
    if "\n" in code or code.startswith(("min(", "max(")):
        return
    for bound, odds in _lower(value, place):
        yield Mutation((place.replace(value, f"max({code}, {bound})"),), f"takes at least `{bound}`", odds)
    for bound, odds in _upper(value, place):
        yield Mutation((place.replace(value, f"min({code}, {bound})"),), f"takes at most `{bound}`", odds)


def _lower(value: ast.expr, place: Place) -> Iterator[tuple[str, float]]:
    less = any(isinstance(part, ast.Sub) for part in ast.walk(value))
    yield "0", 0.9 if less else 0.4
    yield "1", 0.3
    yield from ((name, 0.3) for name in _numbers(value, place))


def _upper(value: ast.expr, place: Place) -> Iterator[tuple[str, float]]:
    for name in _numbers(value, place):
        yield name, 0.5
        yield f"{name} - 1", 0.5
    for name in names_at(value, place):
        if place.scope.kinds.get(name) in {"list", "text", "tuple"}:
            yield f"len({name})", 0.3
            yield f"len({name}) - 1", 0.5


def _numbers(value: ast.expr, place: Place) -> Iterator[str]:
    used = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
    for name in names_at(value, place):
        if name not in used and place.scope.kinds.get(name) in {"number", None}:
            yield name
