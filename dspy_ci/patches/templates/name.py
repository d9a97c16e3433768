"""A wrong variable: another one in reach was meant."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "name"
PRIOR = 0.8


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Every other name in reach that may hold such a value; names of comprehensions and loops around count.

    Also, for any value that is handed on, a parameter that the function does not use at all.
    """
    yield from _ignored(node, place)
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    if node.id not in place.scope.locals or _is_callee(node, place):
        return
    for other in names_at(node, place):
        if other != node.id and _fits(other, node.id, place):
            yield Mutation(
                (place.replace(node, other),), f"uses `{other}` instead of `{node.id}`", _odds(other, node, place)
            )


def _ignored(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """What the caller gives and nobody looks at was hardly meant to be ignored."""
    parent = place.parents.get(node)
    handed = isinstance(parent, ast.keyword) or (isinstance(parent, ast.Call) and node in parent.args)
    if handed and isinstance(node, ast.Attribute | ast.Constant | ast.Name | ast.Subscript):
        for name in _unused(place):
            code = place.code(node)
            yield Mutation((place.replace(node, name),), f"uses `{name}`, which it ignores, instead of `{code}`", 0.9)


def _unused(place: Place) -> list[str]:
    """The parameters, but for the object itself, that the function does not use."""
    read = {part.id for part in ast.walk(place.function.node) if isinstance(part, ast.Name)}
    return [name for name in place.scope.params if name not in read and name not in {"self", "cls"} and name[0] != "_"]


def names_at(node: ast.AST, place: Place) -> list[str]:
    """The local names that may be bound where the node stands."""
    names = list(place.scope.names(getattr(node, "lineno", 0)))
    for parent in _ancestors(node, place):
        if isinstance(parent, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            targets = (part for generator in parent.generators for part in ast.walk(generator.target))
            names += [part.id for part in targets if isinstance(part, ast.Name)]
        elif isinstance(parent, ast.Lambda):
            names += [argument.arg for argument in parent.args.args]
    return list(dict.fromkeys(names))


def _ancestors(node: ast.AST, place: Place) -> Iterator[ast.AST]:
    parent = place.parents.get(node)
    while parent:
        yield parent
        parent = place.parents.get(parent)


def _fits(other: str, old: str, place: Place) -> bool:
    kinds = place.scope.kinds
    mine, yours = kinds.get(old), kinds.get(other)
    if yours in {"function", "class", "module", "self"} or hasattr(builtins, other):
        return mine == yours and mine is not None
    return mine is None or yours is None or mine == yours or {mine, yours} == {"list", "tuple"}


def _odds(other: str, node: ast.Name, place: Place) -> float:
    kinds = place.scope.kinds
    same = kinds.get(other) == kinds.get(node.id)
    near = 0.2 if len(other) == len(node.id) == 1 or other[0] == node.id[0] else 0.0
    index = 0.2 if isinstance(place.parents.get(node), ast.Subscript | ast.Return) else 0.0
    leaked = 0.2 if _is_leaked(other, node, place) else 1.0
    return ((0.6 if same else 0.35) + near + index) * leaked


def _is_leaked(name: str, node: ast.AST, place: Place) -> bool:
    """Whether the name is the variable of a loop that is over where the node stands: hardly anybody means that."""
    loops = [s for s in place.statements if isinstance(s, ast.For) and name in _stored(s.target)]
    return (
        bool(loops)
        and not any(parent in loops for parent in _ancestors(node, place))
        and name not in place.scope.params
    )


def _stored(target: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}


def _is_callee(node: ast.Name, place: Place) -> bool:
    parent = place.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
