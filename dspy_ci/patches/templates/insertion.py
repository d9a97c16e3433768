"""A step that is missing: nothing is added to a collection, a variable is not carried on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "insertion"
PRIOR = 0.3

_ADDING = {"list": ("append", "extend"), "set": ("add", "update"), None: ("append", "add")}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """After a statement: an element added to a collection, one variable set to another, a jump out of the loop."""
    if (
        not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.For | ast.While)
        or node not in place.blocks
    ):
        return
    block, index = place.blocks[node]
    last = index == len(block) - 1
    for code, odds in _steps(node, place):
        span = place.insert_after(node, code)
        if span:
            yield Mutation((span,), f"also does `{code}`", odds * (1.0 if last else 0.7))
    if index == 0:
        for code, odds in _steps(node, place):
            span = place.insert_before(node, code)
            if span:
                yield Mutation((span,), f"first does `{code}`", odds * 0.6)


def _steps(node: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    names = [
        name
        for name in names_at(node, place)
        if place.scope.kinds.get(name) not in {"function", "class", "module", "self"}
    ]
    asked, stored = _asked(place), _stored(place)
    for whole in names:
        kind = place.scope.kinds.get(whole)
        if kind in {"list", "set"} or whole in asked:
            for method in _ADDING.get(kind, _ADDING[None]):
                odds = 0.5 if whole in asked else 0.35
                yield from ((f"{whole}.{method}({name})", odds) for name in names if name != whole)
    for name in names:
        if name in stored:
            yield from ((f"{name} = {other}", 0.3) for other in names if other != name and _alike(name, other, place))
    if _in_loop(node, place):
        yield "break", 0.4
        yield "continue", 0.2


def _asked(place: Place) -> set[str]:
    """Collections that somebody asks whether they contain something."""
    found = set()
    for statement in place.statements:
        for part in place.nodes(statement):
            if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.In | ast.NotIn):
                found |= {whole.id for whole in part.comparators if isinstance(whole, ast.Name)}
    return found


def _stored(place: Place) -> set[str]:
    parts = (
        part for statement in place.statements for part in place.nodes(statement) if isinstance(statement, ast.Assign)
    )
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _alike(one: str, other: str, place: Place) -> bool:
    kinds = place.scope.kinds
    return kinds.get(one) == kinds.get(other) or None in {kinds.get(one), kinds.get(other)}


def _in_loop(node: ast.AST, place: Place) -> bool:
    parent = place.parents.get(node)
    while parent and not isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(parent, ast.For | ast.While):
            return True
        parent = place.parents.get(parent)
    return False
