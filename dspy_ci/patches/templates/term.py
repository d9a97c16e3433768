"""A part of a calculation that is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "term"
PRIOR = 0.3

_SIGNS = (("+", 0.6), ("-", 0.6), ("*", 0.5), ("//", 0.25), ("%", 0.3), ("/", 0.2))
_NUMBERS = (
    ("* 2", 0.4),
    ("** 2", 0.4),
    ("** 3", 0.25),
    ("// 2", 0.3),
    ("/ 2", 0.2),
    ("% 2", 0.15),
    ("% 10", 0.15),
    ("% 100", 0.15),
    ("** 0.5", 0.15),
)
_HOLES = (
    ast.Return,
    ast.Assign,
    ast.AugAssign,
    ast.Compare,
    ast.Call,
    ast.Subscript,
    ast.Tuple,
    ast.ListComp,
    ast.GeneratorExp,
    ast.BinOp,
)


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """A number combined with another number in scope, or with a usual constant; a length or element in its place."""
    if not isinstance(node, ast.expr) or isinstance(
        node, ast.Constant | ast.Starred | ast.Compare | ast.BoolOp | ast.Slice
    ):
        return
    if not isinstance(place.parents.get(node), _HOLES) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if place.kind(node) not in {"number", None} or _is_callee(node, place):
        return
    factor = 1.0 if place.kind(node) == "number" else 0.4
    yield from _complement(node, place)
    if isinstance(place.parents.get(node), ast.BinOp):
        return  # the calculation around it is a hole of its own
    yield from _combined(node, place, factor)
    yield from _made(node, place, factor)


def _combined(node: ast.expr, place: Place, factor: float) -> Iterator[Mutation]:
    code, atom = place.code(node), place.atom(node)
    for name in names_at(node, place):
        if place.scope.kinds.get(name) in {"number", None} and name not in {code, "self"}:
            for sign, odds in _SIGNS:
                sure = 1.0 if place.scope.kinds.get(name) else 0.5
                text = f"{code if sign in '+-' else atom} {sign} {name}"
                yield Mutation(
                    (place.replace(node, text),), f"calculates `{text}` instead of `{code}`", odds * factor * sure
                )
    for tail in _tails(place.module):
        if tail.partition(" ")[2] != code and place.kind(node) == "number":
            yield Mutation(
                (place.replace(node, f"{atom} {tail}"),), f"calculates `{atom} {tail}`, as is done elsewhere", 0.5
            )
    for tail, odds in _NUMBERS:
        yield Mutation(
            (place.replace(node, f"{atom} {tail}"),), f"calculates `{atom} {tail}` instead of `{code}`", odds * factor
        )


@lru_cache(maxsize=16)
def _tails(module: ast.Module) -> tuple[str, ...]:
    """What other calculations of the file do with a number last: `% len(self.items)`, `// width`."""
    found: dict[str, None] = {}
    for node in ast.walk(module):
        if (
            isinstance(node, ast.BinOp)
            and not _is_text(node.left)
            and not isinstance(node.right, ast.Constant | ast.Tuple)
        ):
            sign = {ast.Mod: "%", ast.FloorDiv: "//"}.get(type(node.op))
            found.update({f"{sign} {ast.unparse(node.right)}": None} if sign else {})
    return tuple(found)[:6]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _complement(node: ast.expr, place: Place) -> Iterator[Mutation]:
    """What is left of a whole."""
    code = place.code(node)
    percent = "100" in place.text or "percent" in place.text
    for whole, odds in (("1", 0.25), ("100", 0.25 if percent else 0.05)):
        text = f"{whole} - {place.atom(node)}"
        yield Mutation((place.replace(node, text),), f"uses `{text}` instead of `{code}`", odds)


def _made(node: ast.expr, place: Place, factor: float) -> Iterator[Mutation]:
    """Small expressions of what is in scope: lengths, elements, sums and differences."""
    if not isinstance(node, ast.Name | ast.BinOp | ast.Subscript):
        return
    code = place.code(node)
    names = [
        name
        for name in names_at(node, place)
        if place.scope.kinds.get(name) not in {"function", "class", "module", "self"}
    ]
    numbers = [name for name in names if place.scope.kinds.get(name) in {"number", None}]
    wholes = [name for name in names if place.scope.kinds.get(name) in {"list", "text", "tuple", "dict", None}]
    made = [f"len({whole})" for whole in wholes] + [
        f"{whole}[{at}]" for whole in wholes for at in numbers if at != whole
    ]
    made += [f"{one} {sign} {two}" for one in numbers for two in numbers for sign in "+-" if one != two]
    for text in made[:40]:
        if text != code:
            yield Mutation((place.replace(node, text),), f"uses `{text}` instead of `{code}`", 0.3 * factor)


def _is_callee(node: ast.expr, place: Place) -> bool:
    parent = place.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
