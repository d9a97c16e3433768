"""An update that is missing, or that updates the wrong variable."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "update"
PRIOR = 0.45


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Another target for an assignment; a counter step or an `else` branch that is not there."""
    if isinstance(node, ast.AugAssign | ast.Assign):
        yield from _targets(node, place)
    if isinstance(node, ast.AugAssign):
        yield from _copied(node, place)
    if isinstance(node, ast.If) and not node.orelse:
        yield from _other_branch(node, place)
    if isinstance(node, ast.While | ast.For):
        yield from _steps(node, place)


def _targets(node: ast.AugAssign | ast.Assign, place: Place) -> Iterator[Mutation]:
    target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
    if not isinstance(target, ast.Name):
        return
    for other in place.scope.names(node.lineno):
        kinds = {place.scope.kinds.get(other), place.scope.kinds.get(target.id)} - {None}
        if other != target.id and len(kinds) < 2 and not kinds & {"self", "function", "module"}:
            odds = 0.9 if isinstance(node, ast.AugAssign) else 0.4
            yield Mutation((place.replace(target, other),), f"updates `{other}` instead of `{target.id}`", odds)


def _copied(node: ast.AugAssign, place: Place) -> Iterator[Mutation]:
    """The same update for another counter, on the spot."""
    for other in _counters(place):
        if other != place.code(node.target):
            code = f"{other}{place.code(node)[len(place.code(node.target)) :]}"
            span = place.insert_after(node, code)
            if span:
                yield Mutation((span,), f"also does `{code}`", 0.3)


def _other_branch(node: ast.If, place: Place) -> Iterator[Mutation]:
    """An `else` that does to another variable what the `if` does to its own."""
    indent = place.indent(node.body[0])
    steps = list(dict.fromkeys(step for step in _single_steps(place)))
    last = node.body[-1]
    outer = place.indent(node)
    for step in steps if indent is not None and outer is not None else ():
        inner = (indent or "")[len(outer or "") :]
        span = place.insert_after(last, step)
        if span and node.body and step not in place.code(node):
            text = f"{outer}else:{place.newline}{outer}{inner}{step}{place.newline}"
            yield Mutation((span._replace(text=text),), f"otherwise does `{step}`", 0.4)


def _steps(loop: ast.While | ast.For, place: Place) -> Iterator[Mutation]:
    """A counter step at the end of the loop, and at the end of each block in it that ends without leaving."""
    blocks = [loop.body]
    blocks += [
        block
        for inner in ast.walk(loop)
        if isinstance(inner, ast.If | ast.While)
        for block in (inner.body, inner.orelse)
    ]
    for block in blocks:
        if not block or isinstance(block[-1], ast.Return | ast.Continue | ast.Break | ast.Raise):
            continue
        done = {place.code(part.target) for part in block if isinstance(part, ast.AugAssign)}
        for name in _counters(place):
            for step in (f"{name} += 1", f"{name} -= 1"):
                span = place.insert_after(block[-1], step) if name not in done else None
                if span:
                    odds = 0.5 if isinstance(loop, ast.While) else 0.25
                    yield Mutation((span,), f"does `{step}` at the end of the block", odds)


def _counters(place: Place) -> list[str]:
    """Local variables that hold numbers, or may."""
    stored = [n.id for n in ast.walk(place.function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    names = dict.fromkeys([*stored, *place.scope.params])
    return [name for name in names if place.scope.kinds.get(name) in {"number", None}]


def _single_steps(place: Place) -> Iterator[str]:
    for statement in place.statements:
        if isinstance(statement, ast.AugAssign | ast.Assign | ast.Expr) and "\n" not in place.code(statement):
            yield place.code(statement)
    for name in _counters(place):
        yield f"{name} += 1"
        yield f"{name} -= 1"
    if any(isinstance(statement, ast.For | ast.While) for statement in place.statements):
        yield "break"
        yield "continue"
