"""A call around a value that is missing or superfluous."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from dspy_ci.patches.templates.place import Mutation, Place

NAME = "wrapper"
PRIOR = 0.6

_FOR_KIND: Mapping[str | None, tuple[tuple[str, float], ...]] = {
    "number": (("abs", 0.6), ("int", 0.5), ("str", 0.5), ("round", 0.3), ("float", 0.2)),
    "text": (("len", 0.5), ("int", 0.4), ("sorted", 0.2), ("list", 0.2), ("set", 0.2), ("float", 0.2)),
    "list": (("len", 0.6), ("sorted", 0.6), ("set", 0.5), ("sum", 0.4), ("max", 0.4), ("min", 0.4), ("tuple", 0.3),
             ("list", 0.3), ("reversed", 0.3)),
    "tuple": (("list", 0.5), ("sorted", 0.4), ("len", 0.3)),
    "set": (("sorted", 0.7), ("list", 0.6), ("len", 0.5)),
    "dict": (("len", 0.4), ("list", 0.4), ("sorted", 0.4), ("dict", 0.3)),
    "flag": (("int", 0.1),),
    None: (("len", 0.35), ("sorted", 0.3), ("str", 0.35), ("int", 0.35), ("list", 0.3), ("set", 0.3), ("abs", 0.3),
           ("float", 0.25), ("sum", 0.2), ("tuple", 0.2), ("max", 0.15), ("min", 0.15)),
}  # fmt: skip
_METHODS: tuple[tuple[str, float], ...] = (("lower()", 0.5), ("strip()", 0.5), ("upper()", 0.3), ("split()", 0.2))
_PLAIN = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.ListComp)


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """The call left away; a usual call, or one of the module's own functions, put around."""
    if not isinstance(node, ast.expr):
        return
    if isinstance(node, ast.Call):
        yield from _unwrapped(node, place)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from _both_sides(node, place)
    if isinstance(node, _PLAIN) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and _is_value(node, place):
        yield from _wrapped(node, place)


def _unwrapped(call: ast.Call, place: Place) -> Iterator[Mutation]:
    name = place.code(call.func)
    if isinstance(place.parents.get(call), ast.Expr):
        return  # what is left would have no effect
    if len(call.args) == 1 and not isinstance(call.args[0], ast.Starred):
        argument = call.args[0]
        text = place.code(argument)
        text = f"[{text[1:-1]}]" if isinstance(argument, ast.GeneratorExp) and text.startswith("(") else text
        yield Mutation((place.replace(call, text),), f"takes `{text}` without calling `{name}`", 0.6)
    if isinstance(call.func, ast.Attribute) and len(call.args) < 2:
        owner = place.code(call.func.value)
        yield Mutation((place.replace(call, owner),), f"takes `{owner}` without `.{call.func.attr}(...)`", 0.5)


def _both_sides(node: ast.Compare, place: Place) -> Iterator[Mutation]:
    """Both sides of a comparison treated alike before they are compared."""
    sides = (node.left, node.comparators[0])
    if any(isinstance(side, ast.Constant) for side in sides):
        return
    ordered = isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    for form in ("sorted({})", "set({})", "len({})", "abs({})", "str({})", "{}.lower()"):
        spans = tuple(
            place.replace(side, form.format(place.atom(side) if form[0] == "{" else place.code(side))) for side in sides
        )
        yield Mutation(spans, f"compares `{form.format('...')}` of both sides", 0.1 if ordered else 0.4)


def _wrapped(node: ast.expr, place: Place) -> Iterator[Mutation]:
    code = place.code(node)
    if "\n" in code:
        return
    kind = place.kind(node)
    around = _around(node, place)
    own = [(name, 0.6) for name, (fewest, most) in place.scope.arity.items() if fewest <= 1 <= most]
    usual = _usual(place.module).get(ast.unparse(node), frozenset())
    for name, odds in (*_FOR_KIND.get(kind, ()), *own):
        if name != around and _is_worth(name, node, place):
            yield Mutation(
                (place.replace(node, f"{name}({code})"),), f"wraps `{code}` in `{name}()`", odds + 2 * (name in usual)
            )
    if kind in {"text", None} and not isinstance(node, ast.BinOp):
        for method, odds in _METHODS:
            factor = 1.0 if kind == "text" else 0.4
            yield Mutation((place.replace(node, f"{code}.{method}"),), f"uses `{code}.{method}`", odds * factor)


@lru_cache(maxsize=16)
def _usual(module: ast.Module) -> Mapping[str, frozenset[str]]:
    """What the module wraps elsewhere, and in what: `float(row["price"])` here makes it likely there."""
    found: dict[str, frozenset[str]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
            code = ast.unparse(node.args[0])
            found[code] = found.get(code, frozenset()) | {node.func.id}
    return found


def _is_worth(name: str, node: ast.expr, place: Place) -> bool:
    """Whether the call around would change anything: `len(len(x))` and recursion into oneself do not help."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        same = node.func.id == name
        return not same or name in place.scope.arity
    return name != place.function.node.name if not isinstance(place.function.node, ast.Module) else True


def _around(node: ast.expr, place: Place) -> str | None:
    parent = place.parents.get(node)
    return parent.func.id if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) else None


def _is_value(node: ast.expr, place: Place) -> bool:
    parent = place.parents.get(node)
    if isinstance(parent, ast.Call) and parent.func is node:
        return False
    return not isinstance(parent, ast.Attribute | ast.Expr | ast.keyword) or isinstance(node, ast.BinOp)
