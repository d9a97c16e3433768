"""The wrong part of a collection: an element, a slice or a key that is missing, superfluous or another one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "collection"
PRIOR = 0.5

_PARTS = (("[0]", 0.4), ("[-1]", 0.4), ("[1:]", 0.4), ("[:-1]", 0.4), ("[::-1]", 0.4))


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """A part taken where the whole was, the whole where a part was, `get` for a key that may be absent."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield from _whole(node, place)
        yield from _lookups(node, place)
        if isinstance(node.slice, ast.Slice):
            yield from _bounds(node, node.slice, place)
    if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load) and _is_whole(node, place):
        yield from _parts(node, place)
    if isinstance(node, ast.List | ast.Dict | ast.Tuple | ast.Constant):
        yield from _filled(node, place)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _listed(node, place)


def _whole(node: ast.Subscript, place: Place) -> Iterator[Mutation]:
    code = place.code(node.value)
    yield Mutation((place.replace(node, code),), f"takes all of `{code}` instead of `{place.code(node)}`", 0.4)
    for function in ("max", "min", "sum", "len") if not isinstance(node.slice, ast.Slice) else ():
        text = f"{function}({code})"
        yield Mutation((place.replace(node, text),), f"takes `{text}` instead of `{place.code(node)}`", 0.2)


def _lookups(node: ast.Subscript, place: Place) -> Iterator[Mutation]:
    kind = place.kind(node.value)
    if isinstance(node.slice, ast.Slice) or kind in {"list", "text", "tuple"}:
        return
    odds = 0.6 if kind == "dict" else 0.2
    owner, key = place.code(node.value), place.code(node.slice)
    for default in ("", ", 0", ", ''", ", []"):
        text = f"{owner}.get({key}{default})"
        yield Mutation((place.replace(node, text),), f"takes `{text}`, as the key may be absent", odds)


def _bounds(node: ast.Subscript, part: ast.Slice, place: Place) -> Iterator[Mutation]:
    owner = place.code(node.value)
    lower, upper, step = (place.code(bound) if bound else "" for bound in (part.lower, part.upper, part.step))
    tail = f":{step}" if step else ""
    forms = [(f"{upper}:{lower}{tail}", 0.3), (f"{lower}:{tail}", 0.5), (f":{upper}{tail}", 0.5)]
    forms += [(f"{lower}:{upper}", 0.5)] if step else [(f"{lower}:{upper}:-1", 0.3)]
    forms += [(f"{bound} + 1:{upper}{tail}", 0.3) for bound in [lower] if bound]
    for text, odds in forms:
        yield Mutation((place.replace(node, f"{owner}[{text}]"),), f"takes `{owner}[{text}]`", odds)


def _is_whole(node: ast.expr, place: Place) -> bool:
    parent = place.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    return not called and not isinstance(parent, ast.Attribute | ast.Subscript)


def _parts(node: ast.expr, place: Place) -> Iterator[Mutation]:
    kind = place.kind(node)
    if kind not in {"list", "text", "tuple", None}:
        return
    code = place.code(node)
    factor = 1.0 if kind else 0.4
    passed = isinstance(place.parents.get(node), ast.Call)
    for part, odds in _PARTS:
        yield Mutation((place.replace(node, code + part),), f"takes `{code}{part}` instead of `{code}`", odds * factor)
    for name in names_at(node, place) if passed else ():
        if place.scope.kinds.get(name) in {"number", None} and name != code:
            for part in (f"[{name}:]", f"[:{name}]"):
                why = f"takes `{code}{part}` instead of `{code}`"
                yield Mutation((place.replace(node, code + part),), why, 0.3 * factor)


def _filled(node: ast.List | ast.Dict | ast.Tuple | ast.Constant, place: Place) -> Iterator[Mutation]:
    """What starts or ends empty filled with what is at hand."""
    empty = isinstance(node, ast.List) and not node.elts
    parent = place.parents.get(node)
    if not empty or not isinstance(parent, ast.Return | ast.Assign):
        return
    for name in names_at(node, place)[:6]:
        yield Mutation((place.replace(node, f"[{name}]"),), f"starts with `[{name}]`, not with nothing", 0.3)
    for text in ("[[]]", "[0]", "None"):
        yield Mutation((place.replace(node, text),), f"starts with `{text}`, not with `[]`", 0.25)


def _listed(node: ast.BinOp, place: Place) -> Iterator[Mutation]:
    """A single element joined to a list."""
    for part in (node.left, node.right):
        other = node.right if part is node.left else node.left
        if place.kind(other) == "list" or isinstance(other, ast.Subscript | ast.List):
            code = place.code(part)
            yield Mutation((Span(*place.spans.of(part), f"[{code}]"),), f"joins `[{code}]`, a list of one", 0.3)
