"""The history through git itself, read-only."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from dspy_ci.adapters.gittrees import FILES, GitTrees, Reader, entries, git
from dspy_ci.adapters.overlay import differences
from dspy_ci.errors import UsageError
from dspy_ci.ports.history import Commit
from dspy_ci.ports.sandbox import Files

Value = TypeVar("Value")

_FORMAT = "%H%x1f%P%x1f%ct%x1f%s%x1f%b%x1e"
_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_AT_ONCE = 500
_KEPT = 64
"""Trees and overlays that are remembered: neighbours share them."""


class GitHistory:
    """See History for the contract; several threads may ask at once."""

    def __init__(self, root: Path) -> None:
        """Look at the repository in that working tree."""
        self.root = str(root)
        self._root = root
        self._lock = threading.RLock()
        self._reader = Reader(root)
        self._trees: dict[str, Mapping[str, str]] = {}
        self._overlays: dict[str, Files] = {}

    def head(self) -> str:
        """See History."""
        found = git(self._root, "rev-parse", "-q", "--verify", "HEAD^{commit}", check=False).decode().strip()
        if not found:
            raise UsageError("there is no commit yet to learn from")
        return found

    def commits(self, limit: int) -> Sequence[Commit]:
        """See History."""
        said = git(self._root, "log", "--no-merges", f"--max-count={limit}", f"--format={_FORMAT}", "HEAD", check=False)
        return tuple(_commits(said.decode("utf-8", "replace")))

    def commit(self, name: str) -> Commit | None:
        """See History."""
        if not _NAME.fullmatch(name):
            return None
        said = git(self._root, "log", "--max-count=1", f"--format={_FORMAT}", name, check=False)
        return next(_commits(said.decode("utf-8", "replace")), None)

    def held(self, names: Collection[str]) -> frozenset[str]:
        """See History."""
        asked = sorted(name for name in names if _NAME.fullmatch(name))
        parts = (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE))
        words = ("rev-list", "--no-walk", "--ignore-missing")
        said = b"".join(git(self._root, *words, *part, check=False) for part in parts)
        return frozenset(said.decode().split())

    def changed(self, commit: Commit) -> Files:
        """See History."""
        before, after = self.tree(commit.parent), self.tree(commit.id)
        moved = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        return {path: self.read(after[path]) if path in after else None for path in moved}

    def tree(self, commit: str) -> Mapping[str, str]:
        """See History."""
        with self._lock:
            if commit not in self._trees:
                listed = git(self._root, "ls-tree", "-rz", "--full-tree", commit).decode("utf-8", "surrogateescape")
                found = {path: head.split(" ")[2] for head, path in entries(listed) if head[:6] in FILES}
                _remember(self._trees, commit, found)
            return self._trees[commit]

    def read(self, blob: str) -> bytes:
        """See History."""
        with self._lock:
            return self._reader.read(blob)

    def overlay(self, commit: str) -> Files:
        """See History."""
        with self._lock:
            if commit not in self._overlays:
                with GitTrees(self._root, None, commit) as trees:
                    _remember(self._overlays, commit, differences(self._root, commit, trees))
            return self._overlays[commit]

    def __enter__(self) -> GitHistory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()


def _commits(said: str) -> Iterator[Commit]:
    for entry in said.split("\x1e"):
        parts = entry.strip("\n").split("\x1f")
        if len(parts) != 5 or not parts[1]:
            continue
        name, parents, time, subject, body = parts
        with suppress(ValueError):  # a clock that git cannot tell
            yield Commit(name, parents.split(" ")[0], int(time), subject, body.strip())


def _remember(known: dict[str, Value], key: str, value: Value) -> None:
    while len(known) >= _KEPT:
        known.pop(next(iter(known)))
    known[key] = value
