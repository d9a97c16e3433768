"""A condition that asks for too much or too little."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "condition"
PRIOR = 0.45


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """One more clause, joined by `and` or `or`: other conditions of the function, their variants, simple questions."""
    tests = [node.test] if isinstance(node, ast.If | ast.While | ast.IfExp) else []
    tests += node.ifs if isinstance(node, ast.comprehension) else []
    for test in tests:
        clauses = dict(_clauses(test, place))
        for clause, odds in clauses.items():
            for joint in ("or", "and"):
                text = f"{_operand(test, place, joint)} {joint} {clause}"
                yield Mutation((place.replace(test, text),), f"also asks `{joint} {clause}`", odds)
        code = place.code(test)
        if isinstance(node, ast.If) and code not in {"True", "False"}:
            for constant in ("True", "False"):
                yield Mutation(
                    (place.replace(test, constant),), f"does {'not ' * (constant == 'False')}depend on `{code}`", 0.04
                )


def _operand(test: ast.expr, place: Place, joint: str) -> str:
    code = place.code(test)
    mixed = isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) != (joint == "and")
    return f"({code})" if mixed or isinstance(test, ast.IfExp | ast.Lambda | ast.NamedExpr) else code


def _clauses(test: ast.expr, place: Place) -> Iterator[tuple[str, float]]:
    mine = place.code(test)
    for other in place.conditions:
        code = place.atom(other) if isinstance(other, ast.IfExp | ast.BoolOp | ast.NamedExpr) else place.code(other)
        if code not in mine and "\n" not in code:
            yield code, 0.4
            yield f"not {place.atom(other)}", 0.2
    yield from _permuted(test, place)
    for name in names_at(test, place):
        yield from _questions(name, place)


def _permuted(test: ast.expr, place: Place) -> Iterator[tuple[str, float]]:
    """The condition's own clauses with their variables exchanged in turn: the symmetric case that was forgotten."""
    parts = test.values if isinstance(test, ast.BoolOp) else [test]
    used = list(dict.fromkeys(n.id for n in ast.walk(test) if isinstance(n, ast.Name) and n.id in place.scope.locals))
    for part in parts:
        for index, one in enumerate(used):
            for two in used[index + 1 :]:
                code = _exchanged(part, one, two)
                if code != ast.unparse(part):
                    yield code, 0.8


def _exchanged(part: ast.expr, one: str, two: str) -> str:
    copy = ast.parse(ast.unparse(part), mode="eval")
    for name in ast.walk(copy):
        if isinstance(name, ast.Name) and name.id in {one, two}:
            name.id = two if name.id == one else one
    return ast.unparse(copy)


def _questions(name: str, place: Place) -> Iterator[tuple[str, float]]:
    kind = place.scope.kinds.get(name)
    if kind in {"function", "class", "module", "self"}:
        return
    if kind in {"list", "text", "dict", "set", "tuple", None}:
        yield name, 0.2
        yield f"not {name}", 0.3
    if kind in {"number", None}:
        yield from ((f"{name} {sign} 0", 0.2) for sign in ("==", "!=", "<", ">"))
        yield f"{name} == 1", 0.1
    if kind in {"list", "text", None}:
        yield f"len({name}) == 1", 0.1
    if kind is None:
        yield f"{name} is None", 0.25
        yield f"{name} is not None", 0.25
