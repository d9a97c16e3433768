"""A function of another module of the project that nobody thought of here; it is imported where it is needed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from dspy_ci.codebase import imports
from dspy_ci.codebase.functions import Definition
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.templates.place import Mutation, Place, Span
from dspy_ci.suspects.evidence import is_test

NAME = "neighbour"
PRIOR = 0.4

_MODULES = 60
"""How many modules of the project are looked through, those of the same folder first."""
_PLAIN = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)


class Offer(NamedTuple):
    """A function that could be imported."""

    name: str
    home: str
    """The file that defines it."""
    fewest: int
    most: int
    words: frozenset[str]
    """What its name, its parameters and its module speak of."""
    idle: bool
    """Nobody but its own module and the tests speaks of it: perhaps it was forgotten here."""


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """A value handed through a neighbour's function; another function of the module that a called one came from."""
    if not isinstance(node, _PLAIN) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield from _instead(node, node.func, place)
    parent = place.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    code = place.code(node)
    if called or isinstance(parent, ast.Attribute | ast.Expr) or "\n" in code:
        return
    around = parent.func if isinstance(parent, ast.Call) else None
    spoken = _words(code) | _words(place.function.name)
    for offer in _offers(place.snapshot, place.path):
        related = bool(offer.words & spoken)
        known = place.scope.known(offer.name) or (isinstance(around, ast.Name) and around.id == offer.name)
        if offer.fewest <= 1 <= offer.most and (related or offer.idle) and not known:
            span = place.replace(node, f"{offer.name}({code})")
            odds = 0.3 + 0.4 * related * offer.idle + 0.3 * _is_key(node, place)
            yield Mutation((span, _import(offer, place)), f"hands `{code}` through `{offer.name}()`", odds)


def _is_key(node: ast.expr, place: Place) -> bool:
    """Whether things are put in order by it."""
    parent = place.parents.get(node)
    return isinstance(parent, ast.Lambda) and getattr(place.parents.get(parent), "arg", "") == "key"


def _instead(call: ast.Call, callee: ast.Name, place: Place) -> Iterator[Mutation]:
    offers = _offers(place.snapshot, place.path)
    home = next((offer.home for offer in offers if offer.name == callee.id), None)
    if home is None or callee.id not in place.scope.globals or call.keywords:
        return
    for offer in offers:
        if offer.home == home and offer.name != callee.id and offer.fewest <= len(call.args) <= offer.most:
            spans = [place.replace(callee, offer.name)]
            spans += [] if offer.name in place.scope.globals else [_import(offer, place)]
            yield Mutation(tuple(spans), f"calls `{offer.name}` instead of `{callee.id}`", 0.6)


def _import(offer: Offer, place: Place) -> Span:
    return place.importing(imports.statement_for(offer.name, offer.home, place.path, place.snapshot))


@lru_cache(maxsize=32)
def _offers(snapshot: Snapshot, user: str) -> tuple[Offer, ...]:
    """The functions of the other modules, but for those that would import each other in a circle."""
    folder = user.rpartition("/")[0]
    ours = [path for path in snapshot.python_paths if path.endswith(".py") and path != user and not is_test(path)]
    near = sorted(ours, key=lambda path: (path.rpartition("/")[0] != folder, path))[:_MODULES]
    stem = user.rpartition("/")[2].removesuffix(".py")
    spoken = Counter(word for path in near for word in _spoken(snapshot.text(path) or ""))
    trees = {path: tree for path in near if (tree := snapshot.tree(path))}
    return tuple(
        offer for path, tree in trees.items() if stem not in _imported(tree) for offer in _of(path, tree, spoken)
    )


@lru_cache(maxsize=256)
def _spoken(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


@lru_cache(maxsize=256)
def _imported(tree: ast.Module) -> frozenset[str]:
    """The last parts of the names of modules that the module imports, and what it takes from them."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found.update(name.rpartition(".")[2] for name in names)
    return frozenset(found)


def _of(path: str, tree: ast.Module, spoken: Mapping[str, int]) -> Iterator[Offer]:
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("__"):
            spec = node.args
            plain = [*spec.posonlyargs, *spec.args]
            most = 99 if spec.vararg else len(plain)
            words = _words(node.name, *(argument.arg for argument in plain), path.rpartition("/")[2][:-3])
            idle = spoken[node.name] < 2
            if not any(value is None for value in spec.kw_defaults):
                yield Offer(node.name, path, len(plain) - len(spec.defaults), most, words, idle)


def _words(*texts: str) -> frozenset[str]:
    """The words of names, in the singular."""
    found = (word.lower() for text in texts for word in re.findall(r"[A-Z]?[a-z]{3,}|[A-Z]{3,}", text))
    return frozenset(word.removesuffix("s") for word in found)
