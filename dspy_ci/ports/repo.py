"""The repository that is red, read-only, and its in-memory twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """Lines of a file that were changed recently."""

    path: str
    lines: frozenset[int]
    """1-based, in the file as it is now."""
    age: int
    """0 for uncommitted, 1 for the newest commit, and so on."""


class Repo(Protocol):
    """A git working tree, or a plain folder. Nothing here writes."""

    root: str

    def paths(self) -> tuple[str, ...]:
        """Tracked files and untracked ones that are not ignored, sorted, with forward slashes."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of a file as it is on disk; OSError when it cannot be read."""
        ...

    def head(self) -> str | None:
        """The commit that is checked out; None outside git or before the first commit."""
        ...

    def changes(self, depth: int) -> Sequence[Change]:
        """What changed in the working tree and in the last `depth` commits, newest first; empty outside git."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryRepo:
    """The twin: files in a dictionary."""

    files: Mapping[str, bytes]
    root: str = "/memory"
    commit: str | None = None
    recent: tuple[Change, ...] = field(default=())

    def paths(self) -> tuple[str, ...]:
        """See Repo."""
        return tuple(sorted(self.files))

    def read(self, path: str) -> bytes:
        """See Repo."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    def head(self) -> str | None:
        """See Repo."""
        return self.commit

    def changes(self, depth: int) -> Sequence[Change]:
        """See Repo."""
        return [change for change in self.recent if change.age <= depth]
