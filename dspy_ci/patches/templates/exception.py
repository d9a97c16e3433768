"""The wrong exception is raised or caught, or none at all."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "exception"
PRIOR = 0.45

_USUAL = (
    "ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "RuntimeError", "ZeroDivisionError",
    "FileNotFoundError", "OSError", "StopIteration", "NotImplementedError", "Exception", "LookupError",
)  # fmt: skip


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Other usual exceptions, and the module's own, raised or caught."""
    if isinstance(node, ast.Raise) and node.exc:
        name = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        yield from _others(name, place, "raises", 0.6)
    elif isinstance(node, ast.Try):
        for handler in node.handlers:
            if handler.type:
                yield from _others(handler.type, place, "catches", 0.5)
                yield from _wider(handler.type, place)


def _others(name: ast.expr, place: Place, verb: str, odds: float) -> Iterator[Mutation]:
    old = place.code(name)
    for other in dict.fromkeys((*_own(place), *_USUAL)):
        if other != old and isinstance(name, ast.Name | ast.Attribute):
            yield Mutation((place.replace(name, other),), f"{verb} `{other}` instead of `{old}`", odds)


def _wider(name: ast.expr, place: Place) -> Iterator[Mutation]:
    """One more exception caught."""
    old = [place.code(part) for part in (name.elts if isinstance(name, ast.Tuple) else [name])]
    for other in dict.fromkeys((*_own(place), *_USUAL)):
        if other not in old:
            text = f"({', '.join([*old, other])})"
            odds = 0.05 if other == "Exception" else 0.35
            yield Mutation((place.replace(name, text),), f"also catches `{other}`", odds)


def _own(place: Place) -> Iterator[str]:
    """Exceptions of the module, defined or imported."""
    for name in place.scope.globals:
        if name.endswith(("Error", "Exception", "Warning")) and not hasattr(builtins, name):
            yield name
