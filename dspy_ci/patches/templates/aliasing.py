"""A value that is changed although somebody else still holds it: a copy was meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "aliasing"
PRIOR = 0.4

_COPIES = {"list": ("list({0})", "{0}[:]"), "dict": ("dict({0})",), "set": ("set({0})",)}
_VIEWS = (".keys()", ".values()", ".items()")
_MUTATING = frozenset({"remove", "pop", "append", "insert", "add", "discard", "clear", "popitem", "extend", "update"})
_UNKNOWN = ("list({0})", "{0}.copy()", "dict({0})")


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """A copy assigned, appended, stored or iterated over instead of the thing itself."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _multiplied(node, place)
    if isinstance(node, ast.For):
        yield from _emptied(node, place)
    if isinstance(node, ast.expr) and _writes_below(place.function.node):
        yield from _deeper(node, place)
    if isinstance(node, ast.expr):
        yield from _deep(node, place)
    for value, odds in _held(node):
        kind = place.kind(value)
        if kind in {"list", "dict", "set", None}:
            code = place.code(value)
            for form in _COPIES.get(kind or "", _UNKNOWN):
                text = form.format(code)
                yield Mutation((place.replace(value, text),), f"takes a copy of `{code}`", odds if kind else odds * 0.6)


def _multiplied(node: ast.BinOp, place: Place) -> Iterator[Mutation]:
    """`[[]] * n` holds one list n times."""
    for whole, count in ((node.left, node.right), (node.right, node.left)):
        inner = whole.elts[0] if isinstance(whole, ast.List) and len(whole.elts) == 1 else None
        if inner and (place.kind(inner) in {"list", "dict", "set"} or isinstance(inner, ast.BinOp)):
            text = f"[{place.code(inner)} for _ in range({place.code(count)})]"
            yield Mutation((place.replace(node, text),), f"makes `{place.code(inner)}` anew for each place", 1.6)


def _emptied(node: ast.For, place: Place) -> Iterator[Mutation]:
    """A loop over what its own body adds to or takes from leaves some out."""
    code = place.code(node.iter)
    view = isinstance(node.iter, ast.Call) and isinstance(node.iter.func, ast.Attribute) and not node.iter.args
    owner = place.code(node.iter.func.value) if view else code  # type: ignore[attr-defined]
    if isinstance(node.iter, ast.Name | ast.Attribute) or (view and code.endswith(_VIEWS)):
        changed = any(_changes(part, owner, place) for statement in node.body for part in ast.walk(statement))
        if changed:
            yield Mutation((place.replace(node.iter, f"list({code})"),), f"loops over a copy of `{code}`", 2.5)


def _changes(node: ast.AST, owner: str, place: Place) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _MUTATING:
            return place.code(value) == owner
        case ast.Delete(targets=[ast.Subscript(value=value), *_]):
            return place.code(value) == owner
    return False


@lru_cache(maxsize=64)
def _writes_below(function: ast.AST) -> bool:
    """Whether the function changes what lies inside of something: `new[i][j] = x`."""
    return any(
        isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Subscript)
        for node in ast.walk(function)
    )


def _deeper(node: ast.expr, place: Place) -> Iterator[Mutation]:
    """A copy of the rows too, where only the outer list is copied."""
    match node:
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=None, step=None)):
            owner = value
        case (
            ast.Call(func=ast.Name(id="list"), args=[value])
            | ast.Call(func=ast.Attribute(value=value, attr="copy"), args=[])
        ):
            owner = value
        case _:
            return
    if isinstance(owner, ast.Name | ast.Attribute):
        text = f"[list(row) for row in {place.code(owner)}]"
        yield Mutation((place.replace(node, text),), f"copies the rows of `{place.code(owner)}` too", 1.6)


def _deep(node: ast.expr, place: Place) -> Iterator[Mutation]:
    """A copy of everything below, where nothing or only the outermost is copied before it is changed or kept."""
    parent = place.parents.get(node)
    match node:
        case (
            ast.Call(func=ast.Name(id="dict" | "list"), args=[owner], keywords=[])
            | ast.Call(func=ast.Attribute(value=owner, attr="copy"), args=[], keywords=[])
            | ast.Call(func=ast.Attribute(attr="copy"), args=[owner], keywords=[])
            | ast.Dict(keys=[None], values=[owner])
        ):
            odds = 0.7
        case ast.Name() | ast.Attribute() if isinstance(parent, ast.Assign) and parent.value is node:
            owner, odds = node, 0.4 if place.kind(node) in {"dict", "list", None} else 0.0
        case _:
            return
    code = place.code(owner)
    if odds and isinstance(owner, ast.Name | ast.Attribute | ast.Subscript) and code != "copy":
        bare = "deepcopy" in place.scope.globals
        call = f"deepcopy({code})" if bare else f"copy.deepcopy({code})"
        more = () if bare or "copy" in place.scope.globals else (place.importing("import copy"),)
        yield Mutation((place.replace(node, call), *more), f"takes a deep copy of `{code}`", odds)


def _held(node: ast.AST) -> Iterator[tuple[ast.expr, float]]:
    plain = (ast.Name, ast.Attribute)
    if isinstance(node, ast.Assign) and isinstance(node.value, plain):
        yield node.value, 0.6
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"append", "add"}:
        yield from ((value, 0.5) for value in node.args if isinstance(value, plain))
    elif isinstance(node, ast.For) and isinstance(node.iter, plain):
        yield node.iter, 0.4
    elif isinstance(node, ast.Return | ast.Yield) and isinstance(node.value, plain):
        yield node.value, 0.25
