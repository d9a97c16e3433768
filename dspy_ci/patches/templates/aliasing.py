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
    for value, odds in _held(node):
        kind = place.kind(value)
        if kind in {"list", "dict", "set", None}:
            code = place.code(value)
            for form in _COPIES.get(kind or "", _UNKNOWN):
                text = form.format(code)
                yield Mutation((place.replace(value, text),), f"takes a copy of `{code}`", odds if kind else odds * 0.6)


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
