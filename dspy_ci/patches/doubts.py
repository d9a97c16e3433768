"""Signs that a patch was bent to the tests rather than to the truth; they mark a patch, they do not refuse it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.pathrules import is_test
from dspy_ci.patches.screens import functions

_PLAIN: tuple[object, ...] = (None, True, False, 0, 1, -1, 2, "", b"")
_BROAD = frozenset({"Exception", "BaseException"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Doubt(NamedTuple):
    """A word and a sentence."""

    rule: str
    sentence: str


def doubts(before: ast.Module, after: ast.Module, path: str, code: Snapshot) -> Iterator[Doubt]:
    """Every doubt about one changed Python file."""
    old = functions(before)
    for name, node in functions(after).items():
        former = old.get(name)
        if former is None or ast.dump(former) == ast.dump(node):
            continue
        if _constant(node) and not _constant(former):
            yield Doubt("constant-return", f"{name} in {path} now returns a constant whatever it is given")
        for text in _new_special_cases(former, node, code):
            yield Doubt("input-literal", f"{name} in {path} treats {text}, which the tests use, as a special case")
        if _swallowed(node) > _swallowed(former):
            yield Doubt("swallows-errors", f"{name} in {path} now hides every exception")
    added = {name for name in functions(after) if name.endswith("__eq__")} - set(old)
    for name in sorted(added):
        yield Doubt("new-equality", f"{name} in {path} is new and decides what is equal")


def _constant(node: _Function) -> bool:
    """Whether a function with parameters does nothing but return a literal."""
    body = [part for part in node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return False
    return not any(isinstance(part, ast.Name | ast.Call) for part in ast.walk(body[0].value))


def _new_special_cases(before: _Function, after: _Function, code: Snapshot) -> Iterator[str]:
    for literal in sorted((_compared(after) - _compared(before)).keys()):
        if any(literal in (code.text(path) or "") for path in code.python_paths if is_test(path)):
            yield literal


def _compared(node: _Function) -> Counter[str]:
    """Literals, as written by repr, that parameters are compared with, matched against or looked up among."""
    arguments = node.args
    named = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    found: Counter[str] = Counter()
    for part in ast.walk(node):
        if isinstance(part, ast.Compare) and all(isinstance(op, ast.Eq | ast.In) for op in part.ops):
            sides = (part.left, *part.comparators)
            if any(isinstance(name, ast.Name) and name.id in named for side in sides for name in ast.walk(side)):
                found.update(_literals(sides))
        elif isinstance(part, ast.Match):
            found.update(_literals(tuple(case.pattern for case in part.cases)))
        elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.value, ast.Dict):
            found.update(_literals(tuple(key for key in part.value.keys if key)))
    return found


def _literals(sides: tuple[ast.AST, ...]) -> Iterator[str]:
    for side in sides:
        for part in ast.walk(side):
            if isinstance(part, ast.Constant) and part.value not in _PLAIN:
                yield repr(part.value).strip("'\"")


def _swallowed(node: _Function) -> int:
    """How many handlers catch everything and say nothing."""
    return sum(
        isinstance(part, ast.ExceptHandler)
        and (part.type is None or (isinstance(part.type, ast.Name) and part.type.id in _BROAD))
        and not any(isinstance(inner, ast.Raise | ast.Call) for inner in ast.walk(ast.Module(part.body, [])))
        for part in ast.walk(node)
    )
