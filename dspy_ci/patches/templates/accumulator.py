"""A value that is collected over the rounds of a loop: where it begins, and how each round adds to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "accumulator"
PRIOR = 0.6

_EMPTY = {"0", "1", "-1", "''", '""', "[]", "None", "0.0"}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """The beginning taken from what is gone through; `+=` for `=` in a loop; an entry added to, not replaced."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return
    target = node.targets[0]
    if isinstance(target, ast.Name):
        yield from _beginnings(node, target.id, place)
    if isinstance(target, ast.Name | ast.Attribute) and _is_repeated(node, target, place):
        yield from _added(node, target, place)
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        yield from _added_each(node, target, node.value, place)
    if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
        yield from _entries(node, target, place)


def _beginnings(node: ast.Assign, name: str, place: Place) -> Iterator[Mutation]:
    """Before a loop: the first element, or the end of the scale, in the place of a fixed value."""
    old = place.code(node.value)
    block, index = place.blocks.get(node, ([], 0))
    loops = [after for after in block[index + 1 :] if isinstance(after, ast.For)]
    used = [loop for loop in loops if any(isinstance(p, ast.Name) and p.id == name for p in ast.walk(loop))]
    if not used or old not in _EMPTY:
        return
    for loop in used[:1]:
        if isinstance(loop.iter, ast.Name | ast.Attribute):
            first = f"{place.code(loop.iter)}[0]"
            yield Mutation((place.replace(node.value, first),), f"begins with `{first}`, not with `{old}`", 0.7)
    for end in ("float('-inf')", "float('inf')"):
        yield Mutation((place.replace(node.value, end),), f"begins with `{end}`, not with `{old}`", 0.4)


def _is_repeated(node: ast.Assign, target: ast.expr, place: Place) -> bool:
    """Whether the variable is bound before the loop around the statement, or belongs to an object."""
    if isinstance(target, ast.Attribute):
        return True
    parent = place.parents.get(node)
    while parent and not isinstance(parent, ast.For | ast.While):
        parent = place.parents.get(parent)
    name = place.code(target)
    return parent is not None and place.scope.locals.get(name, node.lineno) < getattr(parent, "lineno", 0)


def _added(node: ast.Assign, target: ast.expr, place: Place) -> Iterator[Mutation]:
    code = place.code(target)
    middle, end = place.spans.of(target)[1], place.spans.of(node.value)[0]
    if any(isinstance(part, ast.Constant) and part.value is None for part in [node.value]):
        return
    if any(place.code(part) == code for part in ast.walk(node.value) if isinstance(part, type(target))):
        return  # what was there before is already part of the new value
    for sign, odds in (("+=", 1.0), ("-=", 0.4), ("*=", 0.3), ("|=", 0.15)):
        yield Mutation(
            (Span(middle, end, f" {sign} "),), f"changes `{code}` with `{sign}` instead of replacing it", odds
        )


def _added_each(node: ast.Assign, target: ast.Tuple, values: ast.Tuple, place: Place) -> Iterator[Mutation]:
    """Several variables at once, each of them added to."""
    pairs = list(zip(target.elts, values.elts, strict=False))
    indent = place.indent(node)
    if indent is None or len(target.elts) != len(values.elts):
        return
    if all(isinstance(part, ast.Name | ast.Attribute) and _is_repeated(node, part, place) for part, _ in pairs):
        text = f"{place.newline}{indent}".join(f"{place.code(one)} += {place.code(value)}" for one, value in pairs)
        yield Mutation((Span(*place.spans.of(node), text),), f"adds to `{place.code(target)}`, not replacing them", 0.7)


def _entries(node: ast.Assign, target: ast.Subscript, place: Place) -> Iterator[Mutation]:
    """`d[k] = v` forgets what was there."""
    owner, key, value = place.code(target.value), place.code(target.slice), place.code(node.value)
    start, end = place.spans.of(node)
    if place.kind(target.value) in {"list", "text"} or f"{owner}[{key}]" in value or f"{owner}.get({key}" in value:
        return
    forms = [(f"{owner}[{key}] = {owner}.get({key}, 0) + {place.atom(node.value)}", 0.8)]
    forms += [(f"{owner}[{key}] += {value}", 0.7), (f"{owner}.setdefault({key}, {value})", 0.4)]
    if isinstance(node.value, ast.List) and len(node.value.elts) == 1:
        forms.append((f"{owner}.setdefault({key}, []).append({place.code(node.value.elts[0])})", 0.8))
    for text, odds in forms:
        yield Mutation((Span(start, end, text),), f"does `{text}`, which keeps what was there", odds)
