"""The wrong order: sorted by something else, the other way round, or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "ordering"
PRIOR = 0.45

_KEYS = (
    ("len", 0.3), ("abs", 0.25), ("str", 0.2), ("str.lower", 0.3), ("lambda x: x[0]", 0.25), ("lambda x: x[1]", 0.35),
    ("lambda x: x[-1]", 0.15), ("lambda x: -x", 0.15), ("lambda x: (len(x), x)", 0.2), ("int", 0.15),
)  # fmt: skip
_SORTERS = {"sorted", "sort", "min", "max"}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """`reverse`, a usual `key`, or the mappings in scope as key; a loop or range the other way round."""
    if not isinstance(node, ast.Call):
        return
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if name in _SORTERS:
        yield from _sorted(node, name, place)
    if name == "join" and len(node.args) == 1:
        code = place.code(node.args[0])
        yield from _keyed(node.args[0], code, place)
    if name == "range":
        yield from _ranges(node, place)
    parent = place.parents.get(node)
    if isinstance(parent, ast.For) and parent.iter is node and name != "reversed":
        code = place.code(node)
        yield Mutation((place.replace(node, f"reversed({code})"),), f"goes through `{code}` backwards", 0.4)


def _sorted(node: ast.Call, name: str, place: Place) -> Iterator[Mutation]:
    given = {keyword.arg: keyword for keyword in node.keywords}
    if "reverse" not in given and name in {"sorted", "sort"}:
        yield _with(node, "reverse=True", place, 0.8)
    if "key" not in given and len(node.args) < 2:
        for word, odds in (*_KEYS, *((f"{table}.get", 0.3) for table in _tables(place))):
            yield _with(node, f"key={word}", place, odds)
    key = given["key"].value if "key" in given else None
    if isinstance(key, ast.Lambda):
        body = place.code(key.body)
        yield Mutation((place.replace(key.body, f"-{place.atom(key.body)}"),), f"orders by `-{body}`", 0.4)
        for argument in key.args.args[:1]:
            text = f"({body}, {argument.arg})"
            yield Mutation((place.replace(key.body, text),), f"orders ties by `{argument.arg}`", 0.5)
            text = f"(-{place.atom(key.body)}, {argument.arg})"
            yield Mutation((place.replace(key.body, text),), f"orders by `-{body}`, ties by `{argument.arg}`", 0.5)


def _with(node: ast.Call, word: str, place: Place, odds: float) -> Mutation:
    _, end = place.spans.of(node)
    comma = ", " if node.args or node.keywords else ""
    if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and not node.keywords:
        inner = place.code(node.args[0])
        inner = inner if inner.startswith("(") else f"({inner})"
        return Mutation(
            (place.replace(node, f"{place.code(node.func)}({inner}, {word})"),), f"orders with `{word}`", odds
        )
    return Mutation((Span(end - 1, end - 1, f"{comma}{word}"),), f"orders with `{word}`", odds)


def _keyed(values: ast.expr, code: str, place: Place) -> Iterator[Mutation]:
    """What is joined is put in order first, by a mapping of the function too."""
    yield Mutation((place.replace(values, f"sorted({code})"),), f"puts `{code}` in order", 0.4)
    yield Mutation((place.replace(values, f"reversed({code})"),), f"turns `{code}` round", 0.3)
    for table in _tables(place):
        text = (
            f"sorted({code}, key={table}.get)"
            if not isinstance(values, ast.GeneratorExp)
            else f"sorted(({code}), key={table}.get)"
        )
        yield Mutation((place.replace(values, text),), f"puts `{code}` in the order of `{table}`", 0.8)


def _tables(place: Place) -> list[str]:
    """Mappings in scope."""
    return [
        name
        for name, kind in place.scope.kinds.items()
        if kind == "dict" and name in {**place.scope.locals, **place.scope.globals}
    ]


def _ranges(node: ast.Call, place: Place) -> Iterator[Mutation]:
    parts = [place.code(argument) for argument in node.args]
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return
    forms: list[tuple[list[str], float]] = []
    if len(parts) == 1:
        forms = [
            (["1", parts[0]], 0.5),
            (["1", f"{parts[0]} + 1"], 0.5),
            (["2", parts[0]], 0.15),
            ([parts[0], "0", "-1"], 0.15),
        ]
    elif len(parts) == 2:
        forms = [([parts[1]], 0.3), ([parts[0], parts[1], "2"], 0.2), ([parts[0], parts[1], "-1"], 0.25)]
        forms += [([f"{parts[1]} - 1", f"{parts[0]} - 1", "-1"], 0.15)]
    for form, odds in forms:
        text = f"range({', '.join(form)})"
        yield Mutation((place.replace(node, text),), f"counts through `{text}`", odds)
