"""What a value is when there is none: a default that is missing, or that replaces zero and empty values too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "fallback"
PRIOR = 0.5

_EMPTY: dict[str | None, tuple[tuple[str, float], ...]] = {
    "text": (("None", 0.4), ("''", 0.1)),
    "list": (("None", 0.2),),
    "dict": (("None", 0.15),),
    "number": (("1", 0.15), ("None", 0.1)),
    None: (("None", 0.2), ("[]", 0.2), ("''", 0.2), ("0", 0.15), ("{}", 0.12)),
}
_ABSENT = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)
_NEVER_NONE = {"list", "dict", "set", "tuple", "flag", "function", "class", "module", "self"}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """`or` a default behind a value; None alone taken as absent; the two-argument `get` for `get(...) or`."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) == 2:
        yield from _only_none(node, place)
    for value in _asked(node):
        yield from _told_apart(value, place)
    for value, factor in _handed(node):
        if isinstance(value, _ABSENT) and "\n" not in place.code(value):
            for default, odds in _EMPTY.get(place.kind(value), ()):
                text = f"{place.code(value)} or {default}"
                yield Mutation((place.replace(value, text),), f"falls back to `{default}`", odds * factor)
    if isinstance(node, ast.For | ast.comprehension):
        yield from _empty(node.iter, place)


def _empty(values: ast.expr, place: Place) -> Iterator[Mutation]:
    if isinstance(values, _ABSENT) and place.kind(values) is None:
        code = place.code(values)
        yield Mutation((place.replace(values, f"{code} or ()"),), f"goes through nothing where `{code}` is None", 0.3)


def _only_none(node: ast.BoolOp, place: Place) -> Iterator[Mutation]:
    """`x or default` replaces 0, '' and [] too, where often only None was meant."""
    value, default = node.values
    code, other = place.code(value), place.code(default)
    if isinstance(value, ast.Call) and getattr(value.func, "attr", "") == "get" and len(value.args) == 1:
        text = f"{code[:-1]}, {other})"
        yield Mutation((place.replace(node, text),), f"takes `{other}` only where the key is absent", 0.9)
    elif isinstance(value, _ABSENT) and place.kind(node) != "flag" and not isinstance(default, ast.Compare):
        text = f"{code} if {code} is not None else {other}"
        yield Mutation((place.replace(node, text),), f"takes `{other}` only where `{code}` is None", 0.9)


def _told_apart(value: ast.expr, place: Place) -> Iterator[Mutation]:
    """A question for truth that zero and empty values fail as well as None."""
    negated = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    inner = value.operand if isinstance(value, ast.UnaryOp) and negated else value
    if isinstance(inner, ast.Name | ast.Attribute | ast.Subscript) and place.kind(inner) not in _NEVER_NONE:
        text = f"{place.code(inner)} is {'' if negated else 'not '}None"
        yield Mutation((place.replace(value, text),), f"asks `{text}`: zero and empty are values too", 0.7)


def _asked(node: ast.AST) -> list[ast.expr]:
    """What a condition asks, clause by clause."""
    tests = [node.test] if isinstance(node, ast.If | ast.While | ast.IfExp) else []
    tests += node.ifs if isinstance(node, ast.comprehension) else []
    return [part for test in tests for part in (test.values if isinstance(test, ast.BoolOp) else [test])]


def _handed(node: ast.AST) -> Iterator[tuple[ast.expr, float]]:
    if isinstance(node, ast.Assign | ast.Return) and node.value:
        yield node.value, 1.0
    elif isinstance(node, ast.Call):
        yield from ((part, 0.4) for part in (*node.args, *(keyword.value for keyword in node.keywords)))
