"""Two trees of one repository: how it was and how it is to be. And the in-memory twin."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Move:
    """One path that differs between the trees."""

    before: str | None
    """None for a new file."""
    after: str | None
    """None for a removed file; another path than `before` for a renamed one."""


class Trees(Protocol):
    """Where the repository comes from and where it goes: the commit and the index, or two commits."""

    def moves(self) -> tuple[Move, ...]:
        """What differs, by path."""
        ...

    def paths(self, side: Side) -> tuple[str, ...]:
        """The regular files of a tree, sorted; no symlinks, no submodules, nothing that was only intended."""
        ...

    def read(self, side: Side, path: str) -> bytes:
        """The bytes of a file; OSError when the tree does not have it or it is too large to be judged."""
        ...

    def mentions(self, words: Collection[str]) -> tuple[str, ...]:
        """The text files of the tree to be that hold one of the words, whole."""
        ...

    def lies_about(self, path: str) -> Literal["untracked", "ignored"] | None:
        """Whether the working tree has a file there that the tree to be lacks, and whether git is told to ignore it."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryTrees:
    """The twin: two dictionaries. Renames are not guessed."""

    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    untracked: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def moves(self) -> tuple[Move, ...]:
        """See Trees."""
        changed = [p for p in {**self.before, **self.after} if self.before.get(p) != self.after.get(p)]
        return tuple(
            Move(path if path in self.before else None, path if path in self.after else None)
            for path in sorted(changed)
        )

    def paths(self, side: Side) -> tuple[str, ...]:
        """See Trees."""
        return tuple(sorted(self._side(side)))

    def read(self, side: Side, path: str) -> bytes:
        """See Trees."""
        try:
            return self._side(side)[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    def mentions(self, words: Collection[str]) -> tuple[str, ...]:
        """See Trees."""
        wanted = {word.encode() for word in words}
        found = (path for path, data in self.after.items() if not wanted.isdisjoint(re.findall(rb"\w+", data)))
        return tuple(sorted(found))

    def lies_about(self, path: str) -> Literal["untracked", "ignored"] | None:
        """See Trees."""
        if path in self.untracked:
            return "untracked"
        return "ignored" if path in self.ignored else None

    def _side(self, side: Side) -> Mapping[str, bytes]:
        return self.before if side == "before" else self.after
