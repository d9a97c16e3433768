"""Which tests a change can reach, by the imports between the files."""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.packages import Packages
from dspy_ci.codebase.snapshot import Snapshot

_SILENT = (".md", ".rst", ".adoc", ".gitignore", ".gitattributes", ".svg", ".png", ".jpg")
_SILENT_FOLDERS = ("docs/", "doc/", ".github/", ".gitlab/", ".vscode/", ".idea/", "changelog.d/")


def is_test(path: str) -> bool:
    """Whether pytest would look for tests in the file, by its default names."""
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def reached(snapshot: Snapshot, changed: Iterable[str]) -> tuple[str, ...] | None:
    """The test files that the changed paths can reach; None means all of them, because nobody can tell."""
    start: set[str] = set()
    for path in changed:
        if path.endswith(".py"):
            start.add(path)
        elif not _is_silent(path):
            return None
    users = _users(snapshot)
    found, queue = set(start), deque(start)
    while queue:
        path = queue.popleft()
        for user in users.get(path, ()) if PurePosixPath(path).name != "conftest.py" else _below(snapshot, path):
            if user not in found:
                found.add(user)
                queue.append(user)
    return tuple(sorted(path for path in found if is_test(path) and path in snapshot))


def reachable(difference: Difference) -> tuple[str, ...] | None:
    """The test files that a change can reach, before it or after it; None for all of them."""
    moves = difference.trees.moves()
    changed = reached(difference.after, [move.after for move in moves if move.after])
    removed = reached(difference.before, [move.before for move in moves if move.before and move.before != move.after])
    if changed is None or removed is None:
        return None
    return tuple(sorted({*changed, *(path for path in removed if path in difference.after)}))


def _is_silent(path: str) -> bool:
    """Whether no test reads the file, by all that is usual; texts among the tests are data."""
    parts = path.split("/")
    if {"tests", "test", "testdata", "data", "fixtures", "templates"} & set(parts[:-1]):
        return False
    return path.startswith(_SILENT_FOLDERS) or path.endswith(_SILENT) or (len(parts) == 1 and "." not in path)


def _below(snapshot: Snapshot, conftest: str) -> Iterator[str]:
    """Pytest loads a conftest.py for every test in its folder and below."""
    folder = conftest.removesuffix("conftest.py")
    return (path for path in snapshot.python_paths if path.startswith(folder))


def _users(snapshot: Snapshot) -> dict[str, set[str]]:
    """Each file's direct importers; deleted files keep theirs under the path where they would be found."""
    packages = Packages(snapshot, loose=True)
    users: defaultdict[str, set[str]] = defaultdict(set)
    for path in snapshot.python_paths:
        tree = snapshot.tree(path)
        for used in _used(packages, path, tree) if tree else ():
            users[used].add(path)
    return users


def _used(packages: Packages, path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _loaded(packages, path, alias.name, 0)
        elif isinstance(node, ast.ImportFrom):
            yield from _loaded(packages, path, node.module or "", node.level)
            for alias in node.names:
                yield from packages.files(f"{node.module or ''}.{alias.name}".strip("."), path, node.level)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_dotted(node.value):
            yield from _loaded(packages, path, node.value, 0)
            yield from packages.files(node.value.rpartition(".")[0])


def _loaded(packages: Packages, path: str, module: str, level: int) -> Iterator[str]:
    """The module and the packages around it, whose `__init__.py` runs as well."""
    while True:
        yield from packages.files(module, path, level)
        module, dot, _ = module.rpartition(".")
        if not dot and not (level and module == ""):
            return
        if not dot:
            yield from packages.files("", path, level)
            return


def _is_dotted(text: str) -> bool:
    """Whether a text may name a module, as in `mock.patch` and `import_module`."""
    return "." in text and len(text) < 200 and all(part.isidentifier() for part in text.split("."))
