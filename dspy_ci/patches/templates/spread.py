"""The same slip made in several places of one function, mended in all of them at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from dspy_ci.patches.templates.constant import variants
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "spread"
PRIOR = 0.35


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """At the first statement of a function: two variables exchanged, a constant changed, throughout."""
    if not place.statements or node is not place.statements[0] or isinstance(place.function.node, ast.Module):
        return
    names = [part for statement in place.statements for part in place.nodes(statement) if isinstance(part, ast.Name)]
    yield from _exchanged(names, place)
    yield from _everywhere(place)
    yield from _parameters(names, place)


def _exchanged(names: list[ast.Name], place: Place) -> Iterator[Mutation]:
    """Where two variables are bound together, they may be bound the wrong way round: in every such place."""
    firsts = [statement.targets[0] for statement in place.statements if isinstance(statement, ast.Assign)]
    targets = [target for target in firsts if isinstance(target, ast.Tuple)]
    groups = {tuple(part.id for part in target.elts if isinstance(part, ast.Name)) for target in targets}
    for group in sorted(groups):
        for one, two in combinations(dict.fromkeys(group), 2):
            inside = [part for target in targets for part in target.elts if isinstance(part, ast.Name)]
            stored = [part for part in names if part in inside and part.id in {one, two}]
            everywhere = [part for s in place.statements if _binds(s, targets) for part in ast.walk(s)]
            chosen = [part for part in everywhere if isinstance(part, ast.Name) and part.id in {one, two}]
            for spots, odds in ((stored, 0.8), (chosen, 0.8)):
                spans = {Span(*place.spans.of(part), two if part.id == one else one) for part in spots}
                if spans:
                    yield Mutation(tuple(sorted(spans)), f"exchanges `{one}` and `{two}` where they are bound", odds)


def _parameters(names: list[ast.Name], place: Place) -> Iterator[Mutation]:
    """Two parameters taken for each other throughout."""
    for one, two in list(combinations(place.scope.params, 2))[:10]:
        spots = [part for part in names if part.id in {one, two}]
        if {part.id for part in spots} == {one, two} and all(isinstance(part.ctx, ast.Load) for part in spots):
            spans = tuple(sorted(Span(*place.spans.of(part), two if part.id == one else one) for part in spots))
            yield Mutation(spans, f"exchanges `{one}` and `{two}`", 0.6)


def _binds(statement: ast.stmt, targets: list[ast.Tuple]) -> bool:
    return isinstance(statement, ast.Assign) and statement.targets[0] in targets


def _everywhere(place: Place) -> Iterator[Mutation]:
    """A constant that stands in several places, changed in all of them alike."""
    parts = (part for statement in place.statements for part in place.nodes(statement))
    constants = [part for part in parts if isinstance(part, ast.Constant) and not isinstance(part.value, bool | None)]
    by_code: dict[str, list[ast.Constant]] = {}
    for part in constants:
        by_code.setdefault(place.code(part), []).append(part)
    for old, same in by_code.items():
        for new, odds in variants(same[0], place) if len(same) > 1 else ():
            if new != old:
                spans = tuple(sorted(place.replace(part, new) for part in same))
                yield Mutation(spans, f"uses `{new}` instead of `{old}` everywhere", 0.4 * odds)
