"""The wrong attribute: another one of the same object, or the object itself, was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "attribute"
PRIOR = 0.6


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Attributes and methods that the module uses on an object of the same name; `self.x` for `x` and back."""
    if isinstance(node, ast.Attribute):
        yield from _siblings(node, place)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and "self" in place.scope.params:
        own = f"self.{node.id}"
        if node.id in place.scope.locals and node.id in _used("self", place)[0]:
            yield Mutation((place.replace(node, own),), f"takes `{own}`, not the local `{node.id}`", 0.6)


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
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, (set(), set()))[node in called].add(node.attr)
        elif isinstance(node, ast.ClassDef):
            methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
            found.setdefault("self", (set(), set()))[1].update(name for name in methods if not name.startswith("__"))
    return found


def _is_called(node: ast.Attribute, place: Place) -> bool:
    parent = place.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
