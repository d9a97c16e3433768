"""The wrong exception is raised or caught, or none at all."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from functools import lru_cache

from dspy_ci.codebase import imports
from dspy_ci.codebase.snapshot import Snapshot
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
        yield from _relatives(name, place, "raises", 0.5)
    elif isinstance(node, ast.Try):
        for handler in node.handlers:
            if handler.type:
                yield from _others(handler.type, place, "catches", 0.5)
                yield from _wider(handler.type, place)
                yield from _relatives(handler.type, place, "catches", 0.8)


def _others(name: ast.expr, place: Place, verb: str, odds: float) -> Iterator[Mutation]:
    old = place.code(name)
    for other in dict.fromkeys((*_own(place), *_USUAL)):
        if other != old and isinstance(name, ast.Name | ast.Attribute):
            yield Mutation((place.replace(name, other),), f"{verb} `{other}` instead of `{old}`", odds)


def _relatives(name: ast.expr, place: Place, verb: str, odds: float) -> Iterator[Mutation]:
    """Exceptions that the project defines beside an imported one, its base first; imported where they are needed."""
    if not isinstance(name, ast.Name) or name.id not in place.scope.globals:
        return
    for path, others in _family(place.snapshot, name.id).items():
        for rank, other in enumerate(others):
            if path != place.path and other not in place.scope.globals:
                new = place.importing(imports.statement_for(other, path, place.path, place.snapshot))
                why = f"{verb} `{other}` instead of `{name.id}`"
                yield Mutation((place.replace(name, other), new), why, odds / (rank + 1))


@lru_cache(maxsize=64)
def _family(snapshot: Snapshot, name: str) -> Mapping[str, tuple[str, ...]]:
    """By the file that defines an exception: the others of that file, its bases before the rest."""
    found: dict[str, tuple[str, ...]] = {}
    for path in snapshot.python_paths:
        tree = snapshot.tree(path) if f"class {name}(" in (snapshot.text(path) or "") else None
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)} if tree else {}
        if name in classes and _is_exception(classes[name], classes):
            bases = {base.id for base in classes[name].bases if isinstance(base, ast.Name)}
            others = [other for other, node in classes.items() if other != name and _is_exception(node, classes)]
            found[path] = tuple(sorted(others, key=lambda other: other not in bases)[:6])
    return found


def _is_exception(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], depth: int = 0) -> bool:
    names = [base.id for base in node.bases if isinstance(base, ast.Name)]
    usual = any(name.endswith(("Error", "Exception", "Warning")) for name in (node.name, *names))
    return usual or (depth < 5 and any(_is_exception(classes[n], classes, depth + 1) for n in names if n in classes))


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
