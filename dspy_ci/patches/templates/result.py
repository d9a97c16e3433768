"""The wrong thing is returned, or nothing is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "result"
PRIOR = 0.5

_IN_PLACE = {"sort", "reverse", "append", "extend", "insert", "update", "add", "remove", "clear"}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Another value returned, a `return` where one is missing, `yield` for `return` and back."""
    if isinstance(node, ast.Return):
        yield from _others(node, place)
        yield from _asked(node, place)
        yield from _in_place(node, place)
        yield from _as_flag(node, place)
    if isinstance(node, ast.Break | ast.Continue):
        yield from _left(node, place)
    if isinstance(node, ast.Expr):
        yield from _kept(node, place)
        yield from _yields(node, place)
    if isinstance(node, ast.stmt) and place.statements and _is_last(node, place):
        yield from _missing(node, place)


def _others(node: ast.Return, place: Place) -> Iterator[Mutation]:
    if node.value is None or isinstance(node.value, ast.Name):
        return
    old = place.code(node.value)
    kind = place.kind(node.value)
    for name in names_at(node, place):
        other = place.scope.kinds.get(name)
        if other not in {"function", "class", "module", "self"} and (kind is None or other is None or kind == other):
            yield Mutation((place.replace(node.value, name),), f"returns `{name}` instead of `{old}`", 0.35)


def _as_flag(node: ast.Return, place: Place) -> Iterator[Mutation]:
    """Yes or no for a value that may be None."""
    if isinstance(node.value, ast.Name | ast.Attribute | ast.Call | ast.BoolOp) and place.kind(node.value) is None:
        code = place.code(node.value)
        yield Mutation((place.replace(node.value, f"bool({code})"),), f"returns whether there is `{code}`", 0.3)


def _left(node: ast.Break | ast.Continue, place: Place) -> Iterator[Mutation]:
    """The function left with what the loop found, where only the loop, or the round, is left; and one for the other."""
    span = place.spans.of(node)
    word, other = ("break", "continue") if isinstance(node, ast.Break) else ("continue", "break")
    yield Mutation((Span(*span, other),), f"does `{other}` instead of `{word}`", 0.6)
    loop = place.parents.get(node)
    while loop and not isinstance(loop, ast.For | ast.While):
        loop = place.parents.get(loop)
    if loop is None or isinstance(place.function.node, ast.Module):
        return
    stored = (part for part in ast.walk(loop) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
    for rank, value in enumerate([*dict.fromkeys(part.id for part in reversed([*stored])), "True", "False"][:5]):
        yield Mutation((Span(*span, f"return {value}"),), f"returns `{value}` instead of `{word}`", 0.6 - 0.1 * rank)


def _asked(node: ast.Return, place: Place) -> Iterator[Mutation]:
    """A question instead of a fixed answer."""
    if not isinstance(node.value, ast.Constant) or not isinstance(node.value.value, bool):
        return
    for name in names_at(node, place):
        kind = place.scope.kinds.get(name)
        if kind in {"function", "class", "module", "self"}:
            continue
        if kind == "number":
            texts = [f"{name} == 0", f"{name} > 0"]
        else:
            texts = [f"not {name}", f"len({name}) == 0", f"bool({name})"]
        for text in texts:
            odds = 0.5 if kind else 0.25
            yield Mutation((place.replace(node.value, text),), f"returns `{text}` instead of a fixed answer", odds)


def _in_place(node: ast.Return, place: Place) -> Iterator[Mutation]:
    """`return items.sort()` returns None: the list is what was meant."""
    call = node.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in _IN_PLACE:
        return
    owner, code = place.code(call.func.value), place.code(call)
    start, end = place.spans.of(node)
    indent = place.indent(node)
    if indent is not None:
        text = f"{code}{place.newline}{indent}return {owner}"
        yield Mutation((Span(start, end, text),), f"returns `{owner}`, as `{call.func.attr}()` returns nothing", 1.0)
    if call.func.attr == "sort":
        text = f"return sorted({owner}{''.join(f', {place.code(word)}' for word in call.keywords)})"
        yield Mutation((Span(start, end, text),), "returns the sorted list, as `sort()` returns nothing", 0.8)


def _kept(node: ast.Expr, place: Place) -> Iterator[Mutation]:
    """The value of a call that is thrown away, assigned or returned."""
    call = node.value
    if not isinstance(call, ast.Call):
        return
    code = place.code(call)
    start, end = place.spans.of(node)
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in _IN_PLACE):
        yield Mutation((Span(start, end, f"return {code}"),), f"returns what `{code}` gives", 0.4)
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        owner = call.func.value.id
        if place.scope.kinds.get(owner) in {"text", None} and call.func.attr not in _IN_PLACE:
            yield Mutation((Span(start, end, f"{owner} = {code}"),), f"keeps what `{code}` gives", 0.6)


def _yields(node: ast.Expr, place: Place) -> Iterator[Mutation]:
    value = node.value
    if isinstance(value, ast.Yield) and value.value:
        code = place.code(value.value)
        yield Mutation((place.replace(value, f"yield from {code}"),), f"yields each of `{code}`", 0.6)
        start, end = place.spans.of(node)
        yield Mutation((Span(start, end, f"return {code}"),), f"returns `{code}` instead of yielding it", 0.3)
    elif isinstance(value, ast.YieldFrom):
        code = place.code(value.value)
        yield Mutation((place.replace(value, f"yield {code}"),), f"yields `{code}` itself", 0.7)
    elif isinstance(value, ast.Call):
        code = place.code(value)
        if any(isinstance(part, ast.Yield) for statement in place.statements for part in place.nodes(statement)):
            yield Mutation((place.replace(value, f"yield from {code}"),), f"yields what `{code}` yields", 0.4)


def _is_last(node: ast.stmt, place: Place) -> bool:
    body = place.function.node.body
    return (
        not isinstance(place.function.node, ast.Module)
        and body[-1] is node
        and not isinstance(node, ast.Return | ast.Raise)
    )


def _missing(node: ast.stmt, place: Place) -> Iterator[Mutation]:
    """The function ends without saying anything."""
    stored = [
        n.id
        for s in place.statements
        for n in place.nodes(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    told = any(isinstance(s, ast.Return) and s.value for s in place.statements)
    names = dict.fromkeys([*reversed(stored), *place.scope.params])
    for rank, name in enumerate([*names, "True", "False", "None", "[]", "0"]):
        span = place.insert_after(node, f"return {name}") if name != "self" else None
        if span:
            yield Mutation((span,), f"returns `{name}` at its end", max(0.1, (0.5 if told else 0.9) - 0.1 * rank))
