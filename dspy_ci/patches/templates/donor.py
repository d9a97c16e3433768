"""An expression in the place of another one: what was meant often stands nearby."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.scopes import BUILTINS
from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "donor"
PRIOR = 0.3

_WORTH = (ast.Call, ast.Subscript, ast.Attribute, ast.BinOp, ast.Constant, ast.Compare)
_MOST = 30
_LONGEST = 60


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """The other expressions of the function that may hold such a value, those of the same form first."""
    if not isinstance(node, (*_WORTH, ast.Name)) or not _is_value(node, place):
        return
    old, kind = place.code(node), place.kind(node)
    reach = {*names_at(node, place), *place.scope.globals}
    for code, donor in _donors(place).items():
        if code == old or (isinstance(node, ast.Name) and not isinstance(donor, ast.Constant)):
            continue
        other = place.kind(donor)
        if (kind and other and kind != other) or not _names(donor) <= reach | BUILTINS:
            continue
        odds = 0.9 if type(donor) is type(node) else 0.45
        odds *= 1.0 if kind and kind == other else 0.6
        yield Mutation((place.replace(node, code),), f"uses `{code}` instead of `{old}`", odds)


def _donors(place: Place) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for statement in place.statements:
        for node in place.nodes(statement):
            if isinstance(node, _WORTH) and _is_value(node, place) and len(code := place.code(node)) <= _LONGEST:
                found.setdefault(code, node)
    return dict(list(found.items())[:_MOST])


def _is_value(node: ast.expr, place: Place) -> bool:
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or "\n" in place.code(node):
        return False
    parent = place.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    return not called and not isinstance(parent, ast.Attribute | ast.Expr | ast.JoinedStr)


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
