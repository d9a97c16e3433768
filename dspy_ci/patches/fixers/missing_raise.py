"""A test expects an exception, and nothing is raised: a check at the top of what it calls is missing."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dspy_ci.codebase import imports
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, executed, said
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.constant import quoted
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-raise"

_UNKNOWN = object()
"""The value of an argument that is no literal."""
_LIMIT = re.compile(r"max|limit|capacity|size|most|quota")
_COLLECTIONS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_MAKERS = {"list", "dict", "set", "deque", "defaultdict", "OrderedDict", "Counter"}


class Check(NamedTuple):
    """When something is to be refused."""

    question: str
    complaint: str
    """What the exception says where the test does not ask for certain words."""
    odds: float


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """A check of the arguments, and of the object's state, at the top of the function that the test calls."""
    found = said(failure, r"DID NOT RAISE (?:<class ')?([\w.]+)") or said(failure, r"^(?:\w+: )?(\w+) not raised")
    expected = _expected(failure, evidence) if found else None
    if not found or not expected:
        return
    patches = [
        _patch(check, found[1].rpartition(".")[2], expected.words, function, site)
        for site, function, check in _missing(failure, evidence, expected)
    ]
    yield from sorted((patch for patch in patches if patch), key=lambda patch: -patch.weight)


def _missing(
    failure: Failure, evidence: Evidence, expected: Expected
) -> Iterator[tuple[Site, ast.FunctionDef | ast.AsyncFunctionDef, Check]]:
    """The checks that could be missing in the functions that the test calls there."""
    for site in executed(failure, evidence):
        function = site.function.node
        if not isinstance(function, ast.Module):
            owner = next((n for n in ast.walk(site.tree) if isinstance(n, ast.ClassDef) and function in n.body), None)
            for call in expected.calls:
                if _is_called(call, function, owner):
                    arguments = _arguments(call, function, is_method=owner is not None)
                    yield from ((site, function, check) for check in _checks(arguments, function, owner))


class Expected(NamedTuple):
    """What a test does where it expects an exception."""

    calls: tuple[ast.Call, ...]
    words: str | None
    """Part of the message, where the test asks for it in plain words."""


def _expected(failure: Failure, evidence: Evidence) -> Expected | None:
    """The calls in the `with` statement, or in `assertRaises(X, f, ...)`, on the line of the test that failed."""
    frame = next((frame for frame in reversed(failure.frames) if frame.in_repo and frame.line), None)
    path, line = (frame.file, frame.line) if frame else (failure.file, failure.line)
    tree = evidence.snapshot.tree(path) if path else None
    found = None
    for node in ast.walk(tree) if tree and line else ():
        if getattr(node, "lineno", 0) <= (line or 0) <= (getattr(node, "end_lineno", 0) or 0):
            found = _asked(node) or found  # the innermost one
    return found


def _asked(node: ast.AST) -> Expected | None:
    match node:
        case ast.With(items=items, body=body):
            calls = tuple(part for statement in body for part in ast.walk(statement) if isinstance(part, ast.Call))
            return Expected(calls, next(filter(None, (_words(item.context_expr) for item in items)), None))
        case ast.Call(func=ast.Attribute(attr="assertRaises"), args=[_, function, *arguments], keywords=keywords):
            return Expected((ast.Call(function, arguments, keywords),), None)
    return None


def _words(context: ast.expr) -> str | None:
    keywords = context.keywords if isinstance(context, ast.Call) else []
    for keyword in keywords:
        if keyword.arg == "match" and isinstance(keyword.value, ast.Constant):
            text = str(keyword.value.value)
            return text if text and not re.search(r"[\\^$.*+?{}\[\]()|]", text) else None
    return None


def _is_called(call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef | None) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name == function.name or bool(
        owner and name == owner.name and function.name in {"__init__", "__post_init__"}
    )


def _arguments(
    call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, *, is_method: bool
) -> Mapping[str, object]:
    """The parameters with the values that the test gives them; those left to their defaults do not count."""
    spec = function.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
    static = any(getattr(mark, "id", "") == "staticmethod" for mark in function.decorator_list)
    names = names[1:] if is_method and not static else names
    given: dict[str, object] = {name: _value(part) for name, part in zip(names, call.args, strict=False)}
    known = {*names, *(argument.arg for argument in spec.kwonlyargs)}
    given.update({keyword.arg: _value(keyword.value) for keyword in call.keywords if keyword.arg in known})
    return given


def _value(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return _UNKNOWN


def _checks(
    arguments: Mapping[str, object], function: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef | None
) -> Iterator[Check]:
    fields, wholes = _fields(function, owner)
    for name, value in arguments.items():
        yield from _of_value(name, value)
        for whole in wholes:
            yield Check(f"{name} not in {whole}", f"{name} is not known", 0.5)
            yield Check(f"{name} in {whole}", f"{name} is there already", 0.45)
        for other in fields:
            if isinstance(value, int | float) or value is _UNKNOWN:
                yield Check(f"{name} > {other}", f"{name} is too large", 0.6)
                yield Check(f"{name} < {other}", f"{name} is too small", 0.3)
    names = list(arguments)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            yield Check(f"{first} > {second}", f"{first} is larger than {second}", 0.5)
            yield Check(f"{first} >= {second}", f"{first} is not smaller than {second}", 0.35)
            yield Check(f"{first} == {second}", f"{first} and {second} are the same", 0.35)
            yield Check(f"len({first}) != len({second})", f"{first} and {second} differ in length", 0.35)
    for whole in wholes:
        yield Check(f"not {whole}", "nothing is there", 0.6 if not arguments else 0.3)
        for other in fields:
            if _LIMIT.search(other):
                yield Check(f"len({whole}) >= {other}", "it is full", 0.75)
    for other in fields:
        yield Check(f"not {other}", f"{other.removeprefix('self.')} is not set", 0.4 if not arguments else 0.2)
        yield Check(other, f"{other.removeprefix('self.')} is set", 0.4 if not arguments else 0.15)


def _of_value(name: str, value: object) -> Iterator[Check]:
    """What sets the value apart from others of its type; never the value itself."""
    unknown = value is _UNKNOWN
    if value is None or unknown:
        yield Check(f"{name} is None", f"{name} is missing", 0.9 if not unknown else 0.3)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(name, value)
    elif isinstance(value, str) and value and not value.strip():
        yield Check(f"not {name}.strip()", f"{name} is blank", 0.95)
    elif isinstance(value, str | list | dict | set | tuple | bytes) and not value:
        yield Check(f"not {name}", f"{name} is empty", 0.95)
        if isinstance(value, str):
            yield Check(f"not {name}.strip()", f"{name} is blank", 0.6)
    elif unknown:
        yield Check(f"not {name}", f"{name} is empty", 0.4)
        yield Check(f"{name} < 0", f"{name} is negative", 0.3)
    for kind in (int, str, list, dict):
        if not unknown and value is not None and not isinstance(value, kind):
            odds = 0.3 if not isinstance(value, float) else 0.1
            yield Check(f"not isinstance({name}, {kind.__name__})", f"{name} is of the wrong type", odds)


def _of_number(name: str, value: float) -> Iterator[Check]:
    if value < 0:
        yield Check(f"{name} < 0", f"{name} is negative", 0.95)
        yield Check(f"{name} <= 0", f"{name} is not positive", 0.85)
    elif value == 0:
        yield Check(f"{name} <= 0", f"{name} is not positive", 0.9)
        yield Check(f"{name} == 0", f"{name} is zero", 0.8)
        yield Check(f"{name} < 1", f"{name} is too small", 0.4)
    else:
        yield from (Check(f"{name} > {most}", f"{name} is too large", 0.3) for most in (1, 100) if value > most)


def _fields(
    function: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef | None
) -> tuple[list[str], list[str]]:
    """The object's plain attributes and its collections, as code; those that the function itself uses come first."""
    if owner is None or not function.args.args:
        return [], []
    first = function.args.args[0].arg
    used = [n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == first]
    plain: list[str] = []
    wholes: list[str] = []
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "self":
                    (wholes if _is_collection(node.value) else plain).append(target.attr)
    order = {name: index for index, name in enumerate(dict.fromkeys(used))}

    def sorted_(names: list[str]) -> list[str]:
        return [f"{first}.{name}" for name in sorted(dict.fromkeys(names), key=lambda name: order.get(name, 99))][:5]

    return ([], []) if function.name == "__init__" else (sorted_(plain), sorted_(wholes))


def _is_collection(value: ast.expr | None) -> bool:
    return isinstance(value, _COLLECTIONS) or (isinstance(value, ast.Call) and getattr(value.func, "id", "") in _MAKERS)


def _patch(
    check: Check, name: str, words: str | None, function: ast.FunctionDef | ast.AsyncFunctionDef, site: Site
) -> Patch | None:
    body = function.body
    is_doc = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1
    first = body[1] if is_doc else body[0]
    start = site.spans.line_start(site.spans.line_of(site.spans.of(first)[0]))
    indent = site.spans.text[start : site.spans.of(first)[0]]
    more = _import(name, site)
    if indent.strip() or more is None:
        return None
    newline = "\r\n" if "\r\n" in site.spans.text else "\n"
    message = quoted(words or check.complaint, '""')
    text = f"{indent}if {check.question}:{newline}{indent}    raise {name}({message}){newline}"
    why = f"`{function.name}` takes without a word what the test expects it to refuse: `{check.question}`."
    return site.patch([Span(start, start, text), *more], NAME, why, 0.9 * check.odds)


def _import(name: str, site: Site) -> list[Span] | None:
    """What makes the exception known here; None when nobody knows it."""
    if site.scope.known(name) or hasattr(builtins, name):
        return []
    snapshot = site.evidence.snapshot
    for path in site.evidence.paths:
        tree = snapshot.tree(path) if path != site.path else None
        if tree and any(isinstance(node, ast.ClassDef) and node.name == name for node in tree.body):
            return [site.importing(imports.statement_for(name, path, site.path, snapshot))]
    return None
