"""Test files that pytest cannot collect side by side: two of one name, and neither in a package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from shlex import quote

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.reach import is_test
from dspy_ci.failures.failure import Failure, Hint

_SETTINGS = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", ".pytest.ini", "pytest.toml")


def found(difference: Difference) -> Iterator[Failure]:
    """New test files whose name another one has, under pytest's default way of importing."""
    new = [move.after for move in difference.moves if move.after and move.after != move.before and is_test(move.after)]
    if not new or any("import-mode" in (difference.after.text(path) or "") for path in _SETTINGS):
        return
    known: defaultdict[str, list[str]] = defaultdict(list)
    for path in difference.after.paths:
        if is_test(path) and not _packaged(difference, path):
            known[path.rpartition("/")[2]].append(path)
    if any(len(set(paths) - set(new)) > 1 for paths in known.values()):
        return  # the project has such twins and lives with them
    for path in new:
        name = path.rpartition("/")[2]
        twin = next((other for other in known[name] if other != path and _near(other, path)), None)
        if twin and path in known[name]:
            said = f"has the same module name as {twin}, so that pytest can collect only one of them"
            hint = Hint("command", f"git mv {quote(path)} {quote(path.removesuffix('.py') + '_more.py')}")
            yield Failure("dspy-ci", "collection", said, path, 1, symbol=name, code="same-test-name", fixable_hint=hint)


def _packaged(difference: Difference, path: str) -> bool:
    return "/".join([*path.split("/")[:-1], "__init__.py"]) in difference.after


def _near(one: str, other: str) -> bool:
    """Whether both lie below one top folder, so that one run collects both."""
    return "/" in one and "/" in other and one.partition("/")[0] == other.partition("/")[0]
