"""An option of a function of our own that a call does not use, or uses without need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from dspy_ci.codebase.functions import Definition
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "option"
PRIOR = 0.5


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """A flag switched on or off, a value of the same name handed on, an option left to its default."""
    if not isinstance(node, ast.Call) or any(keyword.arg is None for keyword in node.keywords):
        return
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    options = _options(place.module).get(name, {})
    given = {keyword.arg for keyword in node.keywords}
    for option, (position, default) in options.items():
        if option in given or position < len(node.args):
            continue
        if isinstance(default, bool):
            yield from _added(node, f"{option}={not default}", place, 0.8)
        elif option in place.scope.locals and option != name:
            yield from _added(node, f"{option}={option}", place, 0.9)
    for keyword in node.keywords:
        if keyword.arg in options and (len(node.args) or len(node.keywords) > 1):
            yield from _dropped(node, keyword, place)


def _added(call: ast.Call, code: str, place: Place, odds: float) -> Iterator[Mutation]:
    _, end = place.spans.of(call)
    inside = [*call.args, *(keyword.value for keyword in call.keywords)]
    last = max((place.spans.of(part)[1] for part in inside), default=end - 1)
    if any(isinstance(part, ast.GeneratorExp) for part in call.args) or place.text[last : end - 1].strip(" \n\t,"):
        return
    yield Mutation(
        (Span(last, last, f", {code}" if inside else code),), f"calls `{place.code(call.func)}` with `{code}`", odds
    )


def _dropped(call: ast.Call, keyword: ast.keyword, place: Place) -> Iterator[Mutation]:
    rest = [place.code(part) for part in call.args]
    rest += [f"{other.arg}={place.code(other.value)}" for other in call.keywords if other is not keyword]
    code = f"{place.code(call.func)}({', '.join(rest)})"
    if "\n" not in code:
        yield Mutation((place.replace(call, code),), f"leaves `{keyword.arg}` to its default", 0.4)


@lru_cache(maxsize=16)
def _options(module: ast.Module) -> Mapping[str, Mapping[str, tuple[int, object]]]:
    """By function, what may be left away: its position among the arguments that a caller writes, and its default.

    Of names that several functions have, only the options that all of them share count.
    """
    found: dict[str, dict[str, tuple[int, object]]] = {}
    methods = {part for node in ast.walk(module) if isinstance(node, ast.ClassDef) for part in node.body}
    for node in ast.walk(module):
        if isinstance(node, Definition):
            own = dict(_own(node, is_method=node in methods))
            known = found.get(node.name)
            found[node.name] = own if known is None else {key: own[key] for key in own.keys() & known.keys()}
    return found


def _own(node: ast.FunctionDef | ast.AsyncFunctionDef, *, is_method: bool) -> Iterator[tuple[str, tuple[int, object]]]:
    spec = node.args
    names = [*spec.posonlyargs, *spec.args][1 if is_method else 0 :]
    for place, (argument, default) in enumerate(
        zip(names[len(names) - len(spec.defaults) :], spec.defaults, strict=False), len(names) - len(spec.defaults)
    ):
        yield argument.arg, (place, getattr(default, "value", ...))
    for argument, keyword in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if keyword is not None:
            yield argument.arg, (1_000, getattr(keyword, "value", ...))
