"""A bound, an index or a slice that is one too small or too large."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "off_by_one"
PRIOR = 0.9

_FLAT = {"text", "list", "dict", "set", "tuple", "flag", "none", "function", "class", "module", "self"}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """`+ 1` and `- 1` wherever a number bounds, counts or points."""
    if not isinstance(node, ast.expr) or isinstance(node, ast.Constant | ast.Compare | ast.BoolOp | ast.Starred):
        return
    odds = _odds(node, place)
    if not odds or place.kind(node) in _FLAT or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    code = place.code(node)
    body = place.atom(node) if isinstance(node, ast.IfExp | ast.Lambda) else code
    for step in (1, -1):
        new = _moved(node, body, step, place)
        yield Mutation((place.replace(node, new),), f"uses `{new}` instead of `{code}`", odds)


def _moved(node: ast.expr, body: str, step: int, place: Place) -> str:
    """The expression one further, as a person would write it: `n - 1` becomes `n`, not `n - 1 + 1`."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, ast.Constant(int(value))) if not isinstance(value, bool):
            body, step = place.code(left), step + (value if isinstance(op, ast.Add) else -value)
    return f"{body} {'+' if step > 0 else '-'} {abs(step)}" if step else body


def _odds(node: ast.expr, place: Place) -> float:
    """How often such a place is off by one; 0 where a number would make no sense."""
    parent = place.parents.get(node)
    if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv):
        return 0.3 if isinstance(parent, ast.Return) else 0.0
    match parent:
        case ast.Call(func=callee) if callee is node:
            return 0.0
        case ast.Call(func=ast.Name(id="range")):
            return 1.0
        case ast.Call(func=ast.Name(id="divmod"), args=[first, *_]) if first is node:
            return 0.6
        case ast.BinOp(left=first, op=ast.Mod() | ast.FloorDiv()) if first is node and place.kind(node) != "text":
            return 0.3
        case ast.Slice():
            return 0.8
        case ast.Subscript(slice=index) if index is node:
            return 0.6
        case ast.Compare(ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() | ast.Eq(), *_]):
            return 0.4
        case ast.Return():
            return 0.4
        case ast.Call(func=ast.Name(id="min" | "max" | "int" | "round" | "print" | "enumerate")):
            return 0.3
        case ast.Assign() if _in_loop(node, place) and place.kind(node) == "number":
            return 0.4
        case ast.Assign() | ast.AugAssign() | ast.Tuple() | ast.Call():
            return 0.2 if place.kind(node) == "number" else 0.08
    return 0.0


def _in_loop(node: ast.AST, place: Place) -> bool:
    parent = place.parents.get(node)
    while parent and not isinstance(parent, ast.While):
        parent = place.parents.get(parent)
    return parent is not None
