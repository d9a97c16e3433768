"""Whether a patch was bent to the tests: it changes what the tests ask, and nothing near it.

A mend changes what the code does, so some input that no test asks for is answered otherwise than before. The functions
that the tests call are therefore asked again with the tests' own values and with near ones, before and after the patch.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from dspy_ci.codebase.functions import Definition, Function, functions
from dspy_ci.codebase.snapshot import Snapshot, parse
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.pathrules import is_test
from dspy_ci.ports.sandbox import Copy
from dspy_ci.trials.calls import Call, calls
from dspy_ci.trials.comparing import compared

_FUNCTIONS = 6
_ENOUGH = 5
"""So many near calls with the same answer as before are no chance."""
_EMPTY = (None, True, False, 0, 1, -1, "", b"", 0.0)
"""Values that code may well treat apart."""


class Comparison(NamedTuple):
    """How one function answers before and after, call by call."""

    changed: tuple[Call, ...]
    """Calls of the tests that are answered otherwise."""
    general: bool
    """Whether any near call is answered otherwise, and not only by what a test wants to hear for a value of its own."""
    kept: tuple[Call, ...]
    """Near calls that have the same answer as before, where it is one."""


class Lab(NamedTuple):
    """Where and how code can be asked."""

    copy: Copy
    python: str
    seed: int = 0


def bent(patch: Patch, tests: Sequence[str], lab: Lab) -> str | None:
    """Why the patch looks bent to the tests, in a sentence; None when it does not.

    `tests` are the files of the failing tests.
    """
    asked = (_compared(patch, function, tests, lab) for function in _called(patch, tests))
    found = [comparison for comparison in asked if comparison]
    if any(comparison.general for comparison in found):
        return None
    for comparison in found:
        special = [call for call in comparison.changed if not _is_empty(call)]
        if special and len(comparison.kept) >= _ENOUGH:
            return (
                f"it changes what {special[0].code} gives, which a test asks, but {comparison.kept[0].code} and "
                f"{len(comparison.kept) - 1} other near calls give what they gave before"
            )
    if not any(comparison.changed for comparison in found) and (pair := next(_pairs_of_tests(patch, tests), None)):
        return f"it answers {pair[0]} by {pair[1]}, both of which the tests hold"
    return None


def _compared(patch: Patch, function: Function, tests: Sequence[str], lab: Lab) -> Comparison | None:
    asked = calls(function, patch.base, tests, lab.seed)
    said = compared([None, patch], function, asked, lab.copy, lab.python) if asked else {}
    if len(said) != 2:  # before and after
        return None
    pairs = list(zip(asked, said[None], said[patch], strict=True))
    near = [(call, old, new) for call, old, new in pairs if call.varied]
    changed = [(call, new) for call, old, new in pairs if not call.varied and old != new]
    told, own = {new for _, new in changed}, _new_literals(patch, tests)
    return Comparison(
        tuple(call for call, _ in changed),
        any(old != new and (new not in told or own.isdisjoint(_literals_of(call))) for call, old, new in near),
        tuple(call for call, old, new in near if old == new and old[0] != "!"),
    )


def _called(patch: Patch, tests: Sequence[str]) -> Iterator[Function]:
    """The functions that the tests call by name, those of changed files first."""
    code = patch.base
    named = {
        getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        for path in tests
        for node in ast.walk(code.tree(path) or ast.Module([], []))
        if isinstance(node, ast.Call)
    }
    paths = sorted(
        (path for path in code.python_paths if not is_test(path)), key=lambda path: (path not in patch.sources, path)
    )
    found = 0
    for path in paths:
        tree = code.tree(path)
        for function in functions(path, tree) if tree else ():
            if isinstance(function.node, Definition) and function.node.name in named:
                found += 1
                yield function
            if found == _FUNCTIONS:
                return


def _is_empty(call: Call) -> bool:
    """Whether a call gives nothing but values that code may well treat apart."""
    tree = parse(call.code)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)] if tree else []
    return all(node.value in _EMPTY for node in nodes)


def _new_literals(patch: Patch, tests: Sequence[str]) -> frozenset[str]:
    """Values that the patch adds to its files and that the tests hold."""
    added: Counter[str] = Counter()
    for before, after in _trees(patch):
        added += _literals(after) - _literals(before)
    return frozenset(added) & _held(patch.base, tests)


def _pairs_of_tests(patch: Patch, tests: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Values with their answers that the patch adds, both of which the tests hold."""
    held = _held(patch.base, tests)
    for before, after in _trees(patch):
        yield from (pair for pair in Counter(_pairs(after)) - Counter(_pairs(before)) if held.issuperset(pair))


def _pairs(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Value and answer of every table, condition and case that holds both as literals."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield from product(_literals(key) if key else (), _literals(value))
        elif isinstance(node, ast.If):
            yield from product(_literals(node.test), _returned(node.body))
        elif isinstance(node, ast.IfExp):
            yield from product(_literals(node.test), _literals(node.body))
        elif isinstance(node, ast.match_case):
            yield from product(_literals(node.pattern), _returned(node.body))


def _returned(body: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.Return | ast.Assign) and statement.value:
            yield from _literals(statement.value)


def _trees(patch: Patch) -> Iterator[tuple[ast.Module, ast.Module]]:
    """The changed Python files before and after."""
    for path, after in patch.sources.items():
        before, tree = patch.base.tree(path), parse(after.text) if after and path.endswith(".py") else None
        if before and tree:
            yield before, tree


def _held(code: Snapshot, paths: Sequence[str]) -> frozenset[str]:
    return frozenset(text for path in paths if (tree := code.tree(path)) for text in _literals(tree))


def _literals_of(call: Call) -> Counter[str]:
    return _literals(parse(call.code) or ast.Module([], []))


def _literals(tree: ast.AST) -> Counter[str]:
    return Counter(
        repr(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value not in (*_EMPTY, 2, ...)
    )
