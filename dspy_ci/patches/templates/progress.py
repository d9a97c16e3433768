"""A loop that changes nothing of what its condition asks: the step that brings its end nearer is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.attribute import values_of
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "progress"
PRIOR = 1.2

_CHANGERS = {
    "append",
    "pop",
    "popleft",
    "add",
    "remove",
    "discard",
    "extend",
    "clear",
    "insert",
    "appendleft",
    "update",
}
_SIGNS = {ast.Mod: "//=", ast.FloorDiv: "//=", ast.Sub: "-=", ast.Add: "+="}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """At the end of a `while`: a step for each name of its condition that nothing in it changes."""
    if not isinstance(node, ast.While):
        return
    changed = _changed(node)
    asked = [part.id for part in ast.walk(node.test) if isinstance(part, ast.Name) and part.id in place.scope.locals]
    for name in dict.fromkeys(asked):
        if name in changed:
            continue
        for step, odds in _steps(name, node, place):
            span = place.insert_after(node.body[-1], step)
            if span:
                yield Mutation((span,), f"does `{step}` in each round, as nothing else changes `{name}`", odds)


def _changed(loop: ast.While) -> set[str]:
    """The names that the loop binds, or changes through one of their methods or elements."""
    found = set()
    for part in ast.walk(loop):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            found.add(part.id)
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in _CHANGERS:
            found |= {name.id for name in [part.func.value] if isinstance(name, ast.Name)}
        elif isinstance(part, ast.Subscript | ast.Attribute) and not isinstance(part.ctx, ast.Load):
            found |= {name.id for name in [part.value] if isinstance(name, ast.Name)}
    return found


def _steps(name: str, loop: ast.While, place: Place) -> Iterator[tuple[str, float]]:
    """What the loop itself calculates with the name first, then the usual steps."""
    for part in ast.walk(loop):
        if isinstance(part, ast.BinOp) and isinstance(part.left, ast.Name) and part.left.id == name:
            sign = _SIGNS.get(type(part.op))
            if sign and isinstance(part.right, ast.Constant | ast.Name):
                yield f"{name} {sign} {place.code(part.right)}", 1.0
    for attribute in values_of(name, place)[:8]:
        yield f"{name} = {name}.{attribute}", 0.7
    if place.scope.kinds.get(name) in {"number", None}:
        yield from ((f"{name} {step}", odds) for step, odds in (("+= 1", 0.9), ("-= 1", 0.9), ("//= 2", 0.4)))
    if place.scope.kinds.get(name) in {"list", "text", None}:
        yield from ((f"{name} = {name}[1:]", 0.4), (f"{name}.pop()", 0.4), (f"{name}.pop(0)", 0.4))
