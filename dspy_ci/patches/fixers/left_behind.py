"""A use of a name or module that the same change renamed or moved: it follows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.spans import Spans
from dspy_ci.failures.breaks.cures import Successor, successor
from dspy_ci.failures.breaks.members import renamed
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.patch import Edit, Patch

NAME = "left-behind"


def follows(failures: Sequence[Failure], difference: Difference) -> Iterator[Patch]:
    """The one patch after which the file uses the new name; nothing unless the successor is certain.

    The failures are one and the same on several lines of one file.
    """
    failure = failures[0]
    path = failure.file or ""
    tree, text = difference.after.tree(path), difference.after.text(path)
    if tree is None or text is None or failure.code not in {"removed-name", "missing-module"}:
        return
    place = _Place(difference, path, tree, Spans(text))
    find = place.module if failure.code == "missing-module" else place.name
    edits = {edit for other in failures for edit in find(other)}
    if edits:
        yield Patch(difference.after, tuple(sorted(edits)), f"fixer:{NAME}", f"{failure.message}.", safe=True)


class _Place:
    """The file that was left behind."""

    def __init__(self, difference: Difference, path: str, tree: ast.Module, spans: Spans) -> None:
        self.difference, self.path, self.tree, self.spans = difference, path, tree, spans

    def name(self, failure: Failure) -> Iterator[Edit]:
        """Edits for a name that is called otherwise, or lives elsewhere."""
        name = failure.symbol or ""
        yield from self._attribute(name, failure)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.name == name and alias.lineno == failure.line:
                        yield from self._imported(node, alias)

    def _imported(self, node: ast.ImportFrom, alias: ast.alias) -> Iterator[Edit]:
        files = self.difference.packages_before.files(node.module or "", self.path, node.level)
        what = successor(self.difference, files[0], alias.name) if files else None
        if what is None or not what.certain:
            return
        if what.path == files[0]:
            yield from self._renamed(alias, what.name)
        elif len(node.names) == 1 and what.name == alias.name:
            yield from self._from(node, self.difference.packages.name(what.path), 0)

    def _attribute(self, name: str, failure: Failure) -> Iterator[Edit]:
        """The attribute on the failure's line under its new name; nothing when two stand there."""
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, ast.Attribute) and node.attr == name]
        here = [node for node in nodes if failure.line in {node.lineno, node.end_lineno}]
        what = self._only(name)
        new = renamed(self.difference, name) if failure.kind == "type" else what.name if what else None
        if len(here) == 1 and new and new != name:
            end = self.spans.of(here[0])[1]
            yield Edit(self.path, end - len(name), end, new)

    def _only(self, name: str) -> Successor | None:
        """The successor of a name that only one module lost."""
        homes = [path for path, names in self.difference.removed.items() if name in names]
        what = successor(self.difference, homes[0], name) if len(homes) == 1 else None
        return what if what and what.certain and what.path == homes[0] else None

    def _renamed(self, alias: ast.alias, new: str) -> Iterator[Edit]:
        """An imported name under its new name, here and where it is used; bound as before if that would confuse."""
        here = self.difference.interface("after", self.path)
        start, _ = self.spans.of(alias)
        end = start + len(alias.name)
        uses = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and node.id == alias.name]
        taken = any(isinstance(node, ast.Name) and node.id == new for node in ast.walk(self.tree))
        if alias.asname is None and (here is None or alias.name not in here.steady or taken):
            yield Edit(self.path, start, end, f"{new} as {alias.name}")
            return
        yield Edit(self.path, start, end, new)
        if alias.asname is None:
            yield from (Edit(self.path, *self.spans.of(use), new) for use in uses)

    def module(self, failure: Failure) -> Iterator[Edit]:
        """Edits for a module that lies elsewhere."""
        gone = failure.symbol
        new = next((move.after for move in self.difference.moves if move.before == gone and move.after != gone), None)
        for node in ast.walk(self.tree) if gone and new else ():
            if isinstance(node, ast.Import | ast.ImportFrom) and node.lineno <= (failure.line or 0) <= (
                node.end_lineno or 0
            ):
                yield from self._moved(node, gone or "", new or "")

    def _moved(self, node: ast.Import | ast.ImportFrom, gone: str, new: str) -> Iterator[Edit]:
        packages = self.difference.packages_before
        target = self.difference.packages.name(new)
        if isinstance(node, ast.Import):
            for alias in node.names:
                if packages.files(alias.name) == (gone,):
                    yield from self._imports(alias, target)
            return
        if packages.files(node.module or "", self.path, node.level) == (gone,):
            near = node.level and new.rpartition("/")[0] == gone.rpartition("/")[0]
            tail = target.rpartition(".")[2]
            head = (node.module or "").rpartition(".")[0]
            yield from self._from(
                node, ".".join(filter(None, (head, tail))) if near else target, node.level if near else 0
            )
            return
        for alias in node.names:
            whole = f"{node.module or ''}.{alias.name}".strip(".")
            if packages.files(whole, self.path, node.level) == (gone,) and _folder(new) == _folder(gone):
                yield from self._renamed(alias, target.rpartition(".")[2])

    def _imports(self, alias: ast.alias, target: str) -> Iterator[Edit]:
        start, _ = self.spans.of(alias)
        yield Edit(self.path, start, start + len(alias.name), target)
        for node in ast.walk(self.tree) if alias.asname is None else ():
            if isinstance(node, ast.Attribute | ast.Name) and self.spans.code(node) == alias.name:
                yield Edit(self.path, *self.spans.of(node), target)

    def _from(self, node: ast.ImportFrom, module: str, level: int) -> Iterator[Edit]:
        """The import statement from another module."""
        start, end = self.spans.of(node)
        match = re.match(r"from\s*([.\w\s]*?)\s*\bimport\b", self.spans.text[start:end])
        if match:
            yield Edit(self.path, start + match.start(1), start + match.end(1), "." * level + module)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
