"""A value that is changed although somebody else still holds it: a copy was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "aliasing"
PRIOR = 0.4

_COPIES = {"list": ("list({0})", "{0}[:]"), "dict": ("dict({0})",), "set": ("set({0})",)}
_UNKNOWN = ("list({0})", "{0}.copy()", "dict({0})")


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """A copy assigned, appended, stored or iterated over instead of the thing itself."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _multiplied(node, place)
    for value, odds in _held(node):
        kind = place.kind(value)
        if kind in {"list", "dict", "set", None}:
            code = place.code(value)
            for form in _COPIES.get(kind or "", _UNKNOWN):
                text = form.format(code)
                yield Mutation((place.replace(value, text),), f"takes a copy of `{code}`", odds if kind else odds * 0.6)


def _multiplied(node: ast.BinOp, place: Place) -> Iterator[Mutation]:
    """`[[]] * n` holds one list n times."""
    for whole, count in ((node.left, node.right), (node.right, node.left)):
        inner = whole.elts[0] if isinstance(whole, ast.List) and len(whole.elts) == 1 else None
        if inner and (place.kind(inner) in {"list", "dict", "set"} or isinstance(inner, ast.BinOp)):
            text = f"[{place.code(inner)} for _ in range({place.code(count)})]"
            yield Mutation((place.replace(node, text),), f"makes `{place.code(inner)}` anew for each place", 1.6)


def _held(node: ast.AST) -> Iterator[tuple[ast.expr, float]]:
    plain = (ast.Name, ast.Attribute)
    if isinstance(node, ast.Assign) and isinstance(node.value, plain):
        yield node.value, 0.6
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"append", "add"}:
        yield from ((value, 0.5) for value in node.args if isinstance(value, plain))
    elif isinstance(node, ast.For) and isinstance(node.iter, plain):
        yield node.iter, 0.4
    elif isinstance(node, ast.Return | ast.Yield) and isinstance(node.value, plain):
        yield node.value, 0.25
