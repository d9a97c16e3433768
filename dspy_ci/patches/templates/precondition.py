"""A step that only works under a condition that nobody asks: an index in range, a divisor, something that is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "precondition"
PRIOR = 0.4

_NEEDY = {"min", "max", "next"}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Before the statement: leave, as the function leaves elsewhere, where the step cannot work."""
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr | ast.For) or node not in place.blocks:
        return
    for question, odds in dict(_pairs(node) if isinstance(node, ast.For) else _questions(node, place)).items():
        for action, fits in _actions(node, place):
            span = place.insert_before(node, f"if {question}:\n    {action}")
            if span:
                yield Mutation((span,), f"does `{action}` first if `{question}`", odds * fits)


def _questions(statement: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    """What makes the statement fail."""
    for part in place.nodes(statement):
        match part:
            case ast.Subscript(value=ast.Name() | ast.Attribute() as owner, slice=key, ctx=ast.Load()):
                yield from _lookups(owner, key, place)
            case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod(), right=ast.Name() | ast.Attribute() as divisor):
                yield f"{place.code(divisor)} == 0", 0.6
            case ast.BinOp(op=ast.Div(), right=ast.Call(args=[ast.Name() as whole])):
                yield f"not {whole.id}", 0.8
            case ast.Call(func=ast.Name(id=name), args=[ast.Name() as whole, *_]) if name in _NEEDY:
                yield f"not {whole.id}", 0.7
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Load()) if name in place.scope.locals:
                if place.scope.kinds.get(name) is None:
                    yield f"{name} is None", 0.4


def _pairs(loop: ast.For) -> Iterator[tuple[str, float]]:
    """What is paired until the shorter one ends may differ in length."""
    match loop.iter:
        case ast.Call(func=ast.Name(id="zip"), args=[one, other], keywords=[]):
            first, second = ast.unparse(one), ast.unparse(other)
            yield f"len({first}) != len({second})", 0.9
            yield f"len({first}) < len({second})", 0.3
            yield f"len({first}) > len({second})", 0.3


def _lookups(owner: ast.expr, key: ast.expr, place: Place) -> Iterator[tuple[str, float]]:
    whole, index = place.code(owner), place.code(key)
    if isinstance(key, ast.Slice):
        return
    if isinstance(key, ast.Constant) and isinstance(key.value, int):
        yield f"not {whole}", 0.7
    elif "\n" not in index:
        if place.kind(owner) in {"list", "tuple", "text", None}:
            yield f"not 0 <= {index} < len({whole})", 0.7
        if place.kind(owner) in {"dict", None}:
            yield f"{index} not in {whole}", 0.6


def _actions(statement: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    """How the function leaves elsewhere; a plain return where it never does."""
    codes = [
        ast.unparse(other) for other in place.statements if isinstance(other, ast.Return) and other is not statement
    ]
    short = [code for code in dict.fromkeys(codes) if len(code) < 60 and "\n" not in code]
    yield from ((code, 0.9) for code in short[:4])
    if not isinstance(place.function.node, ast.Module) and "return None" not in short:
        yield "return None", 0.4
    if not any(code in {"return False", "return None"} for code in short) and isinstance(statement, ast.For):
        yield "return False", 0.4
    parent = place.parents.get(statement)
    if isinstance(parent, ast.For | ast.While):
        yield "continue", 0.6
