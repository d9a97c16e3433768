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
from dspy_ci.trials.calls import Answer, Call, calls
from dspy_ci.trials.comparing import compared

_FUNCTIONS = 6
_ENOUGH = 5
"""So many near calls with the same answer as before are no chance."""
_MANY = 4
"""So many small literals can spell a larger one."""
_ROWS = 2
"""A table has as many rows at least."""
_EMPTY = (None, True, False, 0, 1, -1, "", b"", 0.0)
"""Values that code may well treat apart."""
_NOTHING = frozenset({"None", "''", '""', "0", "0.0", "[]", "{}", "()", "set()", "False", "b''"})


class Comparison(NamedTuple):
    """How one function answers before and after, call by call."""

    changed: tuple[Call, ...]
    """Calls of the tests that are answered otherwise."""
    general: bool
    """Whether any near call is answered otherwise, and not only by what a test wants to hear for a value of its own."""
    kept: tuple[Call, ...]
    """Near calls that have the same answer as before, where it is one."""


class Told(NamedTuple):
    """A call, and what it gives before and after."""

    call: Call
    old: Answer
    new: Answer

    @property
    def changed(self) -> bool:
        """Whether the patch makes a difference for it."""
        return self.old != self.new

    @property
    def says_nothing(self) -> bool:
        """Whether the old answer was none: an error, or something empty."""
        return self.old[0] == "!" or self.old[1] in _NOTHING


class Lab(NamedTuple):
    """Where and how code can be asked."""

    copy: Copy
    python: str
    seed: int = 0


def bent(patch: Patch, tests: Sequence[str], lab: Lab) -> str | None:
    """Why the patch looks bent to the tests, in a sentence; None when it does not.

    `tests` are the files of the failing tests.
    """
    if not _can_tell_apart(patch):
        return None
    asked = (_compared(patch, function, tests, lab) for function in _called(patch, tests))
    found = [comparison for comparison in asked if comparison]
    if any(comparison.general for comparison in found):
        return None
    telling = [(comparison, call) for comparison in found for call in comparison.changed if not _is_empty(call)]
    for comparison, call in telling:
        if len(comparison.kept) >= _ENOUGH:
            return (
                f"it changes what {call.code} gives, which a test asks, but {comparison.kept[0].code} and "
                f"{len(comparison.kept) - 1} other near calls give what they gave before"
            )
    if not telling and (pair := next(_pairs_of_tests(patch, tests), None)):
        return f"it answers {pair[0]} by {pair[1]}, both of which the tests hold"
    return None


def _compared(patch: Patch, function: Function, tests: Sequence[str], lab: Lab) -> Comparison | None:
    asked = calls(function, patch.base, tests, lab.seed)
    said = compared([None, patch], function, asked, lab.copy, lab.python) if asked else {}
    if len(said) != 2:  # before and after
        return None
    pairs = [Told(*row) for row in zip(asked, said[None], said[patch], strict=True)]
    near = [told for told in pairs if told.call.varied]
    exact = [told for told in pairs if not told.call.varied and told.changed]
    own = _new_literals(patch, tests)
    return Comparison(
        tuple(told.call for told in exact),
        any(told.changed and _is_news(told, exact, near, own) for told in near),
        tuple(told.call for told in near if not told.changed and told.old[0] != "!"),
    )


def _is_news(told: Told, exact: Sequence[Told], near: Sequence[Told], own: frozenset[str]) -> bool:
    """Whether the change of a near call is more than the change of a test's call seen again.

    It is not, when the call repeats a value that the patch has from the tests and the answer is the test's own, or when
    one old answer was replaced by the test's answer wherever it was given.
    """
    wanted = {other.new for other in exact}
    if told.new in wanted and not own.isdisjoint(_literals_of(told.call)):
        return False
    if (told.old, told.new) not in {(other.old, other.new) for other in exact} or told.says_nothing:
        return True
    return any(other.old == told.old and other.new != told.new for other in near)


def _can_tell_apart(patch: Patch) -> bool:
    """Whether the patch adds what is needed to know a test's values again: literals, and not in a table that was there.

    A boundary that moves by one adds none; a missing row of a table is what a mend may well be.
    """
    return any(_foreign(before, after) or _plain(after) - _plain(before) >= _MANY for before, after in _trees(patch))


def _foreign(before: ast.Module, after: ast.Module) -> Counter[str]:
    """Literals that the patch adds elsewhere than in tables and chains of comparisons that had rows before."""
    added = _literals(after) - _literals(before)
    for row in _new_rows(before, after):
        added -= _literals(row)
    return added


def _new_rows(before: ast.Module, after: ast.Module) -> Iterator[ast.AST]:
    """Rows that are new in tables, comparisons and cases of which two or more are as they were."""
    known = Counter(ast.dump(row) for table in _tables(before) for row in table)
    for table in _tables(after):
        fresh = [row for row in table if not known[ast.dump(row)]]
        if len(table) - len(fresh) >= _ROWS:
            yield from fresh


def _tables(tree: ast.Module) -> Iterator[list[ast.AST]]:
    """Literal containers, each a list of its rows, and branches that compare the same value with literals."""
    chains: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield [ast.Tuple([key, value], ast.Load()) for key, value in pairs if key]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield list(node.elts)
        elif isinstance(node, ast.Match):
            yield list(node.cases)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and isinstance(node.test.ops[0], ast.Eq):
            branch: ast.AST = ast.Module([ast.Expr(node.test), *node.body], [])
            chains.setdefault(ast.dump(node.test.left), []).append(branch)
    yield from chains.values()


def _plain(tree: ast.Module) -> int:
    """How many literals there are of those that say little."""
    return sum(isinstance(node, ast.Constant) and node.value in (*_EMPTY, 2) for node in ast.walk(tree))


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
