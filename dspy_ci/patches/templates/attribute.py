"""The wrong attribute: another one of the same object, or the object itself, was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "attribute"
PRIOR = 0.6

_PARTS = 6
"""How many attributes of one object are tried in its place."""


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Attributes and methods that the module uses on an object of the same name; `self.x` for `x` and back.

    Also an attribute of the object for the object itself, and the object for its attribute.
    """
    if isinstance(node, ast.Attribute):
        yield from _siblings(node, place)
    if isinstance(node, ast.Name | ast.Attribute) and _is_value(node, place):
        yield from _whole_and_part(node, place)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and "self" in place.scope.params:
        own = f"self.{node.id}"
        if node.id in place.scope.locals and node.id in _used("self", place)[0]:
            yield Mutation((place.replace(node, own),), f"takes `{own}`, not the local `{node.id}`", 0.6)


def _whole_and_part(node: ast.Name | ast.Attribute, place: Place) -> Iterator[Mutation]:
    code = place.code(node)
    if code != "self":
        for name in sorted(_used(code, place)[0])[:_PARTS]:
            yield Mutation((place.replace(node, f"{code}.{name}"),), f"takes `{code}.{name}`, not `{code}` itself", 0.5)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
        owner = place.code(node.value)
        if owner not in {"self", "cls"} and place.scope.kinds.get(owner) not in {"module", "class"}:
            yield Mutation((place.replace(node, owner),), f"takes `{owner}` itself, not `{code}`", 0.3)


def _is_value(node: ast.expr, place: Place) -> bool:
    """Whether the expression stands for a value that is handed on, compared or kept."""
    parent = place.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    return isinstance(getattr(node, "ctx", None), ast.Load) and not called and not isinstance(parent, ast.Attribute)


def _siblings(node: ast.Attribute, place: Place) -> Iterator[Mutation]:
    owner = place.code(node.value)
    data, methods = _used(owner, place)
    called = _is_called(node, place)
    _, end = place.spans.of(node)
    for other in sorted((methods if called else data) - {node.attr}):
        odds = 0.35 + 0.5 * SequenceMatcher(None, node.attr, other).ratio()
        yield Mutation(
            (Span(end - len(node.attr), end, other),), f"uses `{owner}.{other}` instead of `{owner}.{node.attr}`", odds
        )
    if isinstance(node.ctx, ast.Load) and owner == "self" and node.attr in place.scope.locals and not called:
        yield Mutation((place.replace(node, node.attr),), f"takes the local `{node.attr}`, not `self.{node.attr}`", 0.5)


def _used(owner: str, place: Place) -> tuple[set[str], set[str]]:
    """The attributes that the module takes from what it calls by this name: values, and what it calls."""
    return _collected(place.module).get(owner, (set(), set()))


def values_of(name: str, place: Place) -> list[str]:
    """The attributes that hold values, of what has this name, then of the class's own objects."""
    return list(dict.fromkeys([*sorted(_used(name, place)[0]), *sorted(_used("self", place)[0])]))


@lru_cache(maxsize=16)
def _collected(module: ast.Module) -> dict[str, tuple[set[str], set[str]]]:
    found: dict[str, tuple[set[str], set[str]]] = {}
    called = {node.func for node in ast.walk(module) if isinstance(node, ast.Call)}
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            found.setdefault(ast.unparse(node.value), (set(), set()))[node in called].add(node.attr)
        elif isinstance(node, ast.ClassDef):
            methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
            found.setdefault("self", (set(), set()))[1].update(name for name in methods if not name.startswith("__"))
    return found


def _is_called(node: ast.Attribute, place: Place) -> bool:
    parent = place.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
