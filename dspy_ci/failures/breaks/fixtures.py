"""Fixtures that the change took away and that tests still ask for by the name of a parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.interfaces import Symbol
from dspy_ci.failures.failure import Failure, Hint

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def found(difference: Difference) -> Iterator[Failure]:
    """Tests and fixtures below a conftest.py, or in the same file, whose parameter nothing provides any more."""
    for home, names in difference.removed.items():
        gone = frozenset(name for name, symbol in names.items() if is_fixture(symbol))
        for path in difference.trees.mentions(gone) if gone else ():
            if path == home or (home.endswith("conftest.py") and path.startswith(home.removesuffix("conftest.py"))):
                yield from (replace(failure, file=path) for failure in _asked(difference, home, path, gone))


def is_fixture(symbol: Symbol) -> bool:
    """Whether the name is a fixture under its own name."""
    if not isinstance(symbol.node, _Function):
        return False
    for decorator in symbol.node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = ast.unparse(call.func if call else decorator)
        if name in {"fixture", "pytest.fixture", "pytest_asyncio.fixture"}:
            return not (call and any(word.arg == "name" for word in call.keywords))
    return False


def _asked(difference: Difference, home: str, path: str, gone: frozenset[str]) -> Iterator[Failure]:
    tree = difference.after.tree(path)
    for node in ast.walk(tree) if tree else ():
        if not isinstance(node, _Function) or not (node.name.startswith("test") or is_fixture(Symbol("", 0, node))):
            continue
        spec = node.args
        bare = spec.args[: len(spec.args) - len(spec.defaults)]
        for argument in (*bare, *spec.kwonlyargs):
            if argument.arg in gone and not _provided(difference, path, argument.arg):
                said = f"asks for the fixture {argument.arg!r}, which is no more in {home}"
                hint = Hint("command", f"git grep -n -w {argument.arg}")
                yield Failure(
                    "dspy-ci", "fixture", said, line=argument.lineno, symbol=argument.arg, code="removed-fixture",
                    fixable_hint=hint,
                )  # fmt: skip


def _provided(difference: Difference, path: str, name: str) -> bool:
    """Whether the test file, a conftest.py above it or a parametrization still knows the name; in doubt it does."""
    folders = path.split("/")[:-1]
    chain = ["/".join([*folders[:depth], "conftest.py"]) for depth in range(len(folders) + 1)]
    for file in (path, *chain):
        here = difference.interface("after", file)
        if here and (name in here.symbols or here.open or "pytest_plugins" in here.symbols):
            return True
    tree = difference.after.tree(path)
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)) if tree else ()
    return any(isinstance(text, str) and name in text.replace(",", " ").split() for text in texts)
