"""An option of a function that a call does not use, or uses without need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from dspy_ci.codebase.functions import Definition
from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "option"
PRIOR = 0.5

_USUAL: Mapping[str, tuple[tuple[str, int, float], ...]] = {
    "dumps": (("sort_keys=True", 1, 0.6), ("ensure_ascii=False", 1, 0.5), ("default=str", 1, 0.5)),
    "dump": (("sort_keys=True", 2, 0.5), ("ensure_ascii=False", 2, 0.5), ("default=str", 2, 0.5)),
    "open": (('encoding="utf-8"', 2, 0.4), ('newline=""', 2, 0.5)),
    "enumerate": (("1", 1, 0.8),),
    "max": (("default=0", 1, 0.5), ("default=None", 1, 0.6), ("0", 1, 0.4)),
    "min": (("default=0", 1, 0.5), ("default=None", 1, 0.6), ("0", 1, 0.4)),
    "sum": (("[]", 1, 0.4),),
    "next": (("None", 1, 0.8),),
    "getattr": (("None", 2, 0.8),),
    "get": (("0", 1, 0.7), ("''", 1, 0.6), ("[]", 1, 0.6), ("{}", 1, 0.3), ("False", 1, 0.2), ("1", 1, 0.2)),
    "setdefault": (("[]", 1, 0.7), ("0", 1, 0.5)),
    "pop": (("0", 0, 0.8), ("-1", 0, 0.3), ("None", 1, 0.7)),
    "int": (("16", 1, 0.3), ("2", 1, 0.3)),
    "round": (("2", 1, 0.8), ("1", 1, 0.4)),
    "split": (("','", 0, 0.7), ("' '", 0, 0.7), ("'\\n'", 0, 0.7), ("1", 1, 0.7)),
    "rsplit": (("1", 1, 0.7),),
    "strip": (("'\\n'", 0, 0.5), ("' '", 0, 0.5)),
    "replace": (("1", 2, 0.5),),
    "splitlines": (("True", 0, 0.5),),
    "mkdir": (("parents=True", 0, 0.5), ("exist_ok=True", 0, 0.5), ("parents=True, exist_ok=True", 0, 0.6)),
    "makedirs": (("exist_ok=True", 1, 0.8),),
    "unlink": (("missing_ok=True", 0, 0.7),),
    "rmtree": (("ignore_errors=True", 1, 0.7),),
    "copytree": (("dirs_exist_ok=True", 2, 0.7),),
    "urlencode": (("doseq=True", 1, 0.8),),
    "quote": (("safe=''", 1, 0.7),),
    "isclose": (("abs_tol=1e-9", 2, 0.6),),
    "gather": (("return_exceptions=True", 1, 0.4),),
    "print": (("end=''", 1, 0.3),),
    "compile": (("re.IGNORECASE", 1, 0.5), ("re.MULTILINE", 1, 0.5), ("re.DOTALL", 1, 0.5)),
    "sub": (("flags=re.IGNORECASE", 3, 0.4), ("flags=re.MULTILINE", 3, 0.4), ("count=1", 3, 0.4)),
    **dict.fromkeys(
        ("search", "match", "fullmatch", "findall", "finditer"),
        (("re.IGNORECASE", 2, 0.5), ("re.MULTILINE", 2, 0.4), ("re.DOTALL", 2, 0.4)),
    ),
}  # fmt: skip
"""By function of the standard library: what is written, behind how many arguments at least, and how often it is it."""
_ROUNDINGS = ("ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_DOWN", "ROUND_UP")


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """A flag switched on or off, a value of the same name handed on, an option left to its default.

    Also the usual options of the standard library.
    """
    if not isinstance(node, ast.Call) or any(keyword.arg is None for keyword in node.keywords):
        return
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    yield from _usual(node, name, place)
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


def _usual(call: ast.Call, name: str, place: Place) -> Iterator[Mutation]:
    given = {keyword.arg for keyword in call.keywords}
    for code, behind, odds in _USUAL.get(name, ()):
        word = code.partition("=")[0] if "=" in code else ""
        enough = len(call.args) >= behind if word else len(call.args) == behind and not given
        if enough and word not in given and ("re." not in code or "re" in place.scope.globals):
            yield from _added(call, code, place, odds)
    if name == "quantize" and "rounding" not in given and len(call.args) == 1:
        yield from _rounded(call, place)


def _rounded(call: ast.Call, place: Place) -> Iterator[Mutation]:
    """Decimals round half to even where nothing else is said."""
    for rank, way in enumerate(_ROUNDINGS):
        qualified = "decimal" in place.scope.globals and way not in place.scope.globals
        code = f"decimal.{way}" if qualified else way
        more = () if qualified or way in place.scope.globals else (place.importing(f"from decimal import {way}"),)
        for mutation in _added(call, f"rounding={code}", place, 1.6 / (rank + 1)):
            yield mutation._replace(spans=(*mutation.spans, *more))


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
