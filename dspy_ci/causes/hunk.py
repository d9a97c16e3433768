"""A change taken apart: hunks of which any selection can be laid on the code as it was."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from dspy_ci.ports.trees import Move, Trees

_NEAR = 6
"""So many unchanged lines or fewer between two changes, and git shows them as one hunk."""
_BINARY = 8192
"""Bytes that are searched for a zero."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of one file that are replaced by others, or a whole file that comes, goes or is renamed."""

    before: str | None
    """The path as it was; None for a new file."""
    after: str | None
    """The path as it is to be; None for a removed file."""
    kind: Literal["edit", "add", "remove", "rename"] = "edit"
    start: int = 0
    """The first replaced line, counted from 0 in the file as it was."""
    old: tuple[bytes, ...] = ()
    """The replaced lines."""
    new: tuple[bytes, ...] = ()
    """The lines that stand there instead, with their ends; of a binary file, all of it."""
    new_start: int = 0
    """Where they stand in the file as it is to be, counted from 0."""

    @property
    def end(self) -> int:
        """The line behind the last replaced one."""
        return self.start + len(self.old)

    @property
    def path(self) -> str:
        """How people call the file."""
        return self.after or self.before or ""

    @property
    def new_lines(self) -> range:
        """The 1-based lines of the file as it is to be."""
        return range(self.new_start + 1, self.new_start + len(self.new) + 1)


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that differs, as it was and as it is to be."""

    move: Move
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]

    def blocks(self, near: int = _NEAR) -> tuple[Hunk, ...]:
        """The hunks, changes with few lines between them taken together; for a new or removed file the whole."""
        before, after = self.move.before, self.move.after
        if before is None:
            return (Hunk(None, after, "add", new=self.new),)
        if after is None:
            return (Hunk(before, None, "remove", old=self.old),)
        moved = (Hunk(before, after, "rename"),) if before != after else ()
        return moved + tuple(
            Hunk(before, after, "edit", start, self.old[start:end], self.new[low:high], low)
            for start, end, low, high in spans(self.old, self.new, near)
        )


def changes(trees: Trees) -> tuple[FileChange, ...]:
    """What differs between the trees, file by file; a file that is too large to be read is left out."""
    return tuple(change for move in trees.moves() if (change := _change(trees, move)))


def _change(trees: Trees, move: Move) -> FileChange | None:
    try:
        return FileChange(move, _lines(trees, "before", move.before), _lines(trees, "after", move.after))
    except OSError:
        return None


def hunks(found: Iterable[FileChange]) -> tuple[Hunk, ...]:
    """All hunks, file by file, from top to bottom."""
    return tuple(hunk for change in found for hunk in change.blocks())


def spans(old: Sequence[bytes], new: Sequence[bytes], near: int) -> Iterator[tuple[int, int, int, int]]:
    """Start and end of each difference in the old and in the new lines."""
    open_: tuple[int, int, int, int] | None = None
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if open_ and a - open_[1] <= near:
            open_ = (open_[0], b, open_[2], d)
            continue
        if open_:
            yield open_
        open_ = (a, b, c, d)
    if open_:
        yield open_


def laid(found: Sequence[FileChange], chosen: Collection[Hunk]) -> dict[str, bytes | None]:
    """The changed files as they are when only the chosen hunks are laid on the code as it was; None for no file."""
    by_file: dict[tuple[str | None, str | None], list[Hunk]] = {}
    for hunk in chosen:
        by_file.setdefault((hunk.before, hunk.after), []).append(hunk)
    files: dict[str, bytes | None] = {}
    for change in found:
        move = change.move
        files.update(_file(change, by_file.get((move.before, move.after), [])))
    return files


def _file(change: FileChange, chosen: Sequence[Hunk]) -> dict[str, bytes | None]:
    before, after = change.move.before, change.move.after
    kinds = {hunk.kind for hunk in chosen}
    if before is None:
        return {str(after): _added(chosen) if "add" in kinds else None}
    if "remove" in kinds:
        return {before: None}
    data = _edited(change.old, chosen)
    if after is None or before == after:
        return {before: data}
    return {before: None, after: data} if "rename" in kinds else {after: None, before: data}


def _added(chosen: Sequence[Hunk]) -> bytes:
    ordered = sorted((hunk for hunk in chosen if hunk.kind == "add"), key=lambda hunk: hunk.new_start)
    return b"".join(line for hunk in ordered for line in hunk.new)


def _edited(old: Sequence[bytes], chosen: Sequence[Hunk]) -> bytes:
    lines = list(old)
    edits = sorted((hunk for hunk in chosen if hunk.kind == "edit"), key=lambda hunk: (hunk.start, hunk.new_start))
    for hunk in reversed(edits):
        lines[hunk.start : hunk.end] = hunk.new
    return b"".join(lines)


def _lines(trees: Trees, side: Literal["before", "after"], path: str | None) -> tuple[bytes, ...]:
    """The lines with their ends; a binary file is one line."""
    if path is None:
        return ()
    data = trees.read(side, path)
    if b"\0" in data[:_BINARY]:
        return (data,)
    return tuple(data.splitlines(keepends=True)) if b"\r" not in data else tuple(_at_feeds(data))


def _at_feeds(data: bytes) -> list[bytes]:
    """Lines that end at line feeds, as git counts them."""
    parts = data.split(b"\n")
    last = [parts.pop()]
    return [part + b"\n" for part in parts] + (last if last != [b""] else [])
