"""A condition or a truth value that is the wrong way round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "negation"
PRIOR = 0.7


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """`not` put before a condition or taken away; all returned flags of the function flipped together."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = place.code(node.operand)
        yield Mutation((place.replace(node, inner),), f"asks for `{inner}`, not for its opposite")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        inner = place.code(node.operand)
        yield Mutation((place.replace(node, inner),), f"takes `{inner}` without the minus sign", 0.6)
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield from _opposite(node.test, place)
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield from _opposite(test, place)
    elif isinstance(node, ast.Return) and node is _first_return(place):
        yield from _all_flags(place)
    if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) and _may_be_negative(node, place):
        yield Mutation((place.replace(node, f"-{place.code(node)}"),), f"takes `-{place.code(node)}`", 0.3)


def _opposite(test: ast.expr, place: Place) -> Iterator[Mutation]:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return
    code = place.code(test)
    body = place.atom(test)
    simple = isinstance(test, ast.Compare) and len(test.ops) == 1  # the comparison family says that better
    yield Mutation((place.replace(test, f"not {body}"),), f"asks for the opposite of `{code}`", 0.1 if simple else 0.8)


def _first_return(place: Place) -> ast.Return | None:
    return next((statement for statement in place.statements if isinstance(statement, ast.Return)), None)


def _all_flags(place: Place) -> Iterator[Mutation]:
    values = [statement.value for statement in place.statements if isinstance(statement, ast.Return)]
    flags = [value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, bool)]
    if len(flags) > 1 and len({flag.value for flag in flags}) > 1:
        spans = tuple(Span(*place.spans.of(flag), str(not flag.value)) for flag in flags)
        yield Mutation(spans, "returns the opposite truth value everywhere", 0.6)


def _may_be_negative(node: ast.expr, place: Place) -> bool:
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or place.kind(node) not in {"number", None}:
        return False
    parent = place.parents.get(node)
    return isinstance(parent, ast.Return | ast.BinOp | ast.Lambda | ast.Assign | ast.Tuple)
