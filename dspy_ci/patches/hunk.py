"""A change of one place as somebody wrote it down, before anybody has looked whether the file agrees."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

Op = Literal[" ", "-", "+"]


class Row(NamedTuple):
    """One line of a hunk: kept, removed or added, without its line end."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand together."""

    rows: tuple[Row, ...]
    start: int | None = None
    """1-based line in the old file, as the header says; often wrong, it only breaks ties."""
    ends_open: bool = False
    """Whether the new text ends without a line end."""

    @property
    def old(self) -> tuple[Row, ...]:
        """What must stand in the file."""
        return tuple(row for row in self.rows if row.op != "+")

    @property
    def changes(self) -> bool:
        """Whether anything is removed or added."""
        return any(row.op != " " for row in self.rows)


@dataclass(frozen=True, slots=True)
class FileChange:
    """All hunks of one file, as proposed."""

    path: str | None
    """As written, prefixes and all; None when nothing names the file."""
    hunks: tuple[Hunk, ...] = ()
    new: bool = False
    """Said to be a new file."""
    removed: bool = False
    moved_from: str | None = None
    unsupported: str | None = None
    """A kind of change that is not text: a mode, a link, binary data."""


def replacement(old: list[str], new: list[str]) -> Hunk:
    """The hunk that turns one block of lines into another; equal lines are kept."""
    rows: list[Row] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [Row(" ", text) for text in old[a:b]]
        else:
            rows += [Row("-", text) for text in old[a:b]]
            rows += [Row("+", text) for text in new[c:d]]
    return Hunk(tuple(rows))
