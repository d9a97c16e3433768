"""The wrong function or method is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "callee"
PRIOR = 0.7

_KIN = (
    "min max", "any all", "floor ceil trunc round", "sorted reversed list", "sum max min len", "str repr", "int float",
    "int round", "set list tuple frozenset", "enumerate zip", "isinstance issubclass", "getattr hasattr", "sin cos tan",
    "append extend", "append insert", "add update", "remove discard pop", "lower upper title capitalize swapcase",
    "strip lstrip rstrip", "split rsplit", "find rfind index", "startswith endswith", "isdigit isalpha isalnum",
    "isupper islower", "keys values items", "union intersection difference symmetric_difference", "pop popleft",
    "append appendleft", "sort reverse", "get pop setdefault", "partition rpartition", "read readline readlines",
    "match search fullmatch", "findall finditer", "encode decode", "removeprefix removesuffix", "ljust rjust center",
    "issubset issuperset", "heappush heappop heapify", "dumps dump", "loads load", "bisect_left bisect_right insort",
    "exp log sqrt", "chain product", "permutations combinations combinations_with_replacement product",
    "isspace isalpha", "isnumeric isdigit isdecimal", "bin hex oct str", "ord chr", "abs int", "sum prod",
)  # fmt: skip
_GROUPS = tuple(tuple(group.split()) for group in _KIN)
KIN: Mapping[str, tuple[str, ...]] = {
    name: tuple(dict.fromkeys(other for group in _GROUPS if name in group for other in group if other != name))
    for name in {name for group in _GROUPS for name in group}
}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Functions of the same family, and the module's own ones that take as many arguments.

    Also two calls, one within the other, the other way round.
    """
    if not isinstance(node, ast.Call):
        return
    yield from _exchanged(node, place)
    if isinstance(node.func, ast.Attribute):
        end = place.spans.of(node.func)[1]
        for other in KIN.get(node.func.attr, ()):
            span = Span(end - len(node.func.attr), end, other)
            yield Mutation((span,), f"calls `{other}` instead of `{node.func.attr}`", 0.8)
    elif isinstance(node.func, ast.Name):
        for other, odds in _functions(node, node.func.id, place):
            yield Mutation((place.replace(node.func, other),), f"calls `{other}` instead of `{node.func.id}`", odds)


def _exchanged(node: ast.Call, place: Place) -> Iterator[Mutation]:
    """`f(g(x))` for `g(f(x))`, and `x.f().g()` for `x.g().f()`."""
    match node:
        case ast.Call(func=outer, args=[ast.Call(func=inner, args=[_, *_])]) if not isinstance(inner, ast.Lambda):
            pass
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Attribute()) as first)):
            yield from _chained(node, first, place)
            return
        case _:
            return
    one, two = place.code(outer), place.code(inner)
    if one != two and _is_plain(outer) and _is_plain(inner):
        spans = (Span(*place.spans.of(outer), two), Span(*place.spans.of(inner), one))
        yield Mutation(spans, f"calls `{one}` first, then `{two}`", 0.7)


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))


def _chained(node: ast.Call, first: ast.Call, place: Place) -> Iterator[Mutation]:
    owner = first.func.value  # type: ignore[attr-defined]
    begin, middle, end = (place.spans.of(part)[1] for part in (owner, first, node))
    one, two = place.text[begin:middle], place.text[middle:end]
    if one != two and "\n" not in one + two:
        yield Mutation((Span(begin, end, two + one),), f"does `{two}` first, then `{one}`", 0.4)


def _functions(call: ast.Call, name: str, place: Place) -> Iterator[tuple[str, float]]:
    for other in KIN.get(name, ()):
        if place.scope.known(other):
            yield other, 0.8
    for other, (fewest, most) in place.scope.arity.items():
        if other != name and fewest <= len(call.args) <= most and name in place.scope.arity:
            yield other, 0.6
