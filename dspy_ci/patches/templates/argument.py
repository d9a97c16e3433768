"""Arguments in the wrong order, one too many, or one that belongs elsewhere; the same for tuples and lists."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import combinations

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "argument"
PRIOR = 0.6


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Two arguments or elements swapped, one left out."""
    if isinstance(node, ast.Call):
        yield from _swaps(node.args, place, 0.8 if len(node.args) == 2 else 0.5)
        yield from _added(node, place)
        for dropped in [*node.args, *(keyword.value for keyword in node.keywords)]:
            yield from _dropped(node, dropped, place)
    elif isinstance(node, ast.Tuple | ast.List):
        yield from _swaps(node.elts, place, 0.6 if len(node.elts) <= 3 else 0.2)
        if len(node.elts) > 1 and isinstance(node.ctx, ast.Load):
            for element in node.elts:
                yield from _without(node, element, place)
    elif isinstance(node, ast.IfExp):
        yield from _swaps([node.body, node.orelse], place, 0.7)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Subscript):
        yield from _swaps([node.value.slice, node.slice], place, 0.5)


def _swaps(items: Sequence[ast.expr], place: Place, odds: float) -> Iterator[Mutation]:
    for one, two in combinations(items[:6], 2):
        first, second = place.code(one), place.code(two)
        if first != second and not isinstance(one, ast.Starred) and not isinstance(two, ast.Starred):
            spans = (Span(*place.spans.of(one), second), Span(*place.spans.of(two), first))
            yield Mutation(spans, f"swaps `{first}` and `{second}`", odds)


def _added(call: ast.Call, place: Place) -> Iterator[Mutation]:
    """One more argument: a name in scope, where there is room for it."""
    if any(isinstance(part, ast.Starred | ast.GeneratorExp) for part in call.args):
        return
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    room = place.scope.arity.get(name, (0, 0))[1] > len(call.args) + len(call.keywords)
    for value in names_at(call, place) if room else ():
        parts = [*map(place.code, call.args), value, *map(place.code, call.keywords)]
        text = f"{place.code(call.func)}({', '.join(parts)})"
        yield Mutation((place.replace(call, text),), f"also passes `{value}`", 0.3)


def _dropped(call: ast.Call, value: ast.expr, place: Place) -> Iterator[Mutation]:
    rest = [place.code(argument) for argument in call.args if argument is not value]
    rest += [place.code(keyword) for keyword in call.keywords if keyword.value is not value]
    if isinstance(value, ast.GeneratorExp):
        return
    text = f"{place.code(call.func)}({', '.join(rest)})"
    yield Mutation((place.replace(call, text),), f"does not pass `{place.code(value)}`", 0.3)


def _without(node: ast.Tuple | ast.List, element: ast.expr, place: Place) -> Iterator[Mutation]:
    rest = [place.code(other) for other in node.elts if other is not element]
    if isinstance(node, ast.List):
        text = f"[{', '.join(rest)}]"
    else:
        text = f"({', '.join(rest)}{',' if len(rest) == 1 else ''})"
    yield Mutation((place.replace(node, text),), f"leaves `{place.code(element)}` out", 0.3)
