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
        """The Python files of the tree to be that hold one of the words, whole; now and then one that does not."""
        ...

    def naming(self, text: str) -> tuple[str, ...]:
        """All text files of the tree to be that hold the text."""
        ...

    def lies_about(self, path: str) -> Literal["untracked", "ignored"] | None:
        """Whether the working tree has a file there that the tree to be lacks, and whether git is told to ignore it."""
        ...


@dataclass(frozen=True, slots=True)
class Patched:
    """Trees whose files to be are others here and there: an edit that is tried, a working tree over its index."""

    trees: Trees
    files: Mapping[str, bytes | None]
    """None for a file that shall be gone."""

    def moves(self) -> tuple[Move, ...]:
        """See Trees."""
        moves = {move.after or move.before: move for move in self.trees.moves()}
        old = frozenset(self.trees.paths("before"))
        for path, data in self.files.items():
            before = moves[path].before if path in moves else path if path in old else None
            moves[path] = Move(before, path if data is not None else None)
        return tuple(move for move in moves.values() if move.before or move.after)

    def paths(self, side: Side) -> tuple[str, ...]:
        """See Trees."""
        if side == "before":
            return self.trees.paths(side)
        kept = (path for path in self.trees.paths(side) if self.files.get(path, b"") is not None)
        return tuple(sorted({*kept, *(path for path, data in self.files.items() if data is not None)}))

    def read(self, side: Side, path: str) -> bytes:
        """See Trees."""
        if side == "before" or path not in self.files:
            return self.trees.read(side, path)
        data = self.files[path]
        if data is None:
            raise FileNotFoundError(path)
        return data

    def mentions(self, words: Collection[str]) -> tuple[str, ...]:
        """See Trees."""
        known = [path for path in self.trees.mentions(words) if path not in self.files]
        python = {path: data for path, data in self.files.items() if data is not None and path.endswith(".py")}
        found = [path for path, data in python.items() if _holds(data, words)]
        return tuple(sorted([*known, *found]))

    def naming(self, text: str) -> tuple[str, ...]:
        """See Trees."""
        known = [path for path in self.trees.naming(text) if path not in self.files]
        return tuple(sorted([*known, *(path for path, data in self.files.items() if data and text.encode() in data)]))

    def lies_about(self, path: str) -> Literal["untracked", "ignored"] | None:
        """See Trees."""
        return self.trees.lies_about(path)


def _holds(data: bytes, words: Collection[str]) -> bool:
    """Whether one of the words stands in the text, whole."""
    return not {word.encode() for word in words}.isdisjoint(re.findall(rb"[\w\x80-\xff]+", data))


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
        python = {path: data for path, data in self.after.items() if path.endswith(".py")}
        return tuple(sorted(path for path, data in python.items() if _holds(data, words)))

    def naming(self, text: str) -> tuple[str, ...]:
        """See Trees."""
        return tuple(sorted(path for path, data in self.after.items() if text.encode() in data))

    def lies_about(self, path: str) -> Literal["untracked", "ignored"] | None:
        """See Trees."""
        if path in self.untracked:
            return "untracked"
        return "ignored" if path in self.ignored else None

    def _side(self, side: Side) -> Mapping[str, bytes]:
        return self.before if side == "before" else self.after
