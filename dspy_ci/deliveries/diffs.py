"""Our own canonical diff, read back by someone who trusts nobody: anything else than what we write is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dspy_ci.errors import UsageError
from dspy_ci.patches.diff import quoted
from dspy_ci.patches.unified import unquoted

_GIT = re.compile(r'diff --git (?P<old>"a/(?:[^"\\]|\\.)*"|a/.+) (?P<new>"b/(?:[^"\\]|\\.)*"|b/.+)')
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_END = "\\ No newline at end of file"


class Mangled(UsageError):  # noqa: N818 - a word for the diff, not for the program
    """It is no diff that we would write; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """A run of lines of the old file that becomes other lines."""

    start: int
    """1-based, the first line that goes; of a pure insertion the line before which it is made."""
    old: tuple[str, ...]
    new: tuple[str, ...]
    above: str | None = None
    """The line of the file before the change, where the diff shows it."""
    below: str | None = None

    @property
    def end(self) -> int:
        """The last line that goes."""
        return self.start + len(self.old) - 1


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a diff does to one file."""

    path: str
    kind: Literal["changed", "added", "removed"]
    changes: tuple[Change, ...] = ()
    open_end: bool = False
    """Whether the end of the file without a line feed takes part."""


@dataclass(slots=True)
class _File:
    path: str
    kind: Literal["changed", "added", "removed"] = "changed"
    changes: list[Change] = field(default_factory=list)
    open_end: bool = False
    after: int = 0
    """The last line of the old file that a hunk showed."""


def file_diffs(diff: str) -> tuple[FileDiff, ...]:
    """The files of the diff. Raises Mangled for anything that our own `unified` does not write."""
    lines = diff.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    reader, files = _Lines(lines), list[_File]()
    while reader.left:
        files.append(_file(reader))
    paths = [file.path for file in files]
    if not files or len(set(paths)) != len(paths):
        raise Mangled("the diff is empty, or names a file twice")
    return tuple(FileDiff(file.path, file.kind, tuple(file.changes), file.open_end) for file in files)


class _Lines:
    """The lines that are left."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines, self._at = lines, 0

    @property
    def left(self) -> bool:
        return self._at < len(self._lines)

    def peek(self) -> str:
        return self._lines[self._at] if self.left else ""

    def take(self) -> str:
        if not self.left:
            raise Mangled("the diff ends too early")
        self._at += 1
        return self._lines[self._at - 1]

    def expect(self, text: str) -> None:
        if (seen := self.take()) != text:
            raise Mangled(f"the diff has {seen[:80]!r} where {text[:80]!r} should stand")


def _file(lines: _Lines) -> _File:
    head = lines.take()
    match = _GIT.fullmatch(head)
    if not match:
        raise Mangled(f"the diff has {head[:80]!r} where a file should begin")
    file = _File(_path(match["new"]))
    old, new = quoted(f"a/{file.path}"), quoted(f"b/{file.path}")
    if head != f"diff --git {old} {new}":
        raise Mangled(f"the diff renames {file.path[:80]!r}")
    if lines.peek() == "new file mode 100644":
        file.kind = "added"
        lines.take()
    elif lines.peek() == "deleted file mode 100644":
        file.kind = "removed"
        lines.take()
    if lines.left and lines.peek().startswith("--- "):
        lines.expect(f"--- {old if file.kind != 'added' else '/dev/null'}")
        lines.expect(f"+++ {new if file.kind != 'removed' else '/dev/null'}")
        while lines.left and lines.peek().startswith("@@"):
            _hunk(lines, file)
    if file.kind == "changed" and not file.changes:
        raise Mangled(f"the diff changes nothing in {file.path[:80]!r}")
    return file


def _hunk(lines: _Lines, file: _File) -> None:
    head = lines.take()
    match = _HUNK.fullmatch(head)
    if not match:
        raise Mangled(f"the diff has {head[:80]!r} where a hunk should begin")
    start, old, _, new = (int(part) if part is not None else 1 for part in match.groups())
    first = start if old else start + 1
    if first <= file.after:
        raise Mangled("the hunks of the diff are not in order")
    rows = list(_rows(lines, old, new, file))
    file.changes += _changes(rows, first)
    file.after = first + old - 1


def _rows(lines: _Lines, old: int, new: int, file: _File) -> Iterator[tuple[str, str]]:
    while old > 0 or new > 0:
        line = lines.take()
        sign, text = line[:1], line[1:]
        if sign not in {" ", "-", "+"}:
            raise Mangled(f"the diff has {line[:80]!r} inside of a hunk")
        old -= sign != "+"
        new -= sign != "-"
        if old < 0 or new < 0:
            raise Mangled("a hunk of the diff is longer than it says")
        yield sign, text
        if lines.peek() == _END:
            lines.take()
            file.open_end = True


def _changes(rows: Sequence[tuple[str, str]], first: int) -> Iterator[Change]:
    """The runs of changed lines, each with its neighbours."""
    line, place = first, 0
    while place < len(rows):
        if rows[place][0] == " ":
            line, place = line + 1, place + 1
            continue
        end = place
        while end < len(rows) and rows[end][0] != " ":
            end += 1
        old = tuple(text for sign, text in rows[place:end] if sign == "-")
        new = tuple(text for sign, text in rows[place:end] if sign == "+")
        above = rows[place - 1][1] if place else None
        yield Change(line, old, new, above, rows[end][1] if end < len(rows) else None)
        line, place = line + len(old), end


def _path(name: str) -> str:
    bare = unquoted(name[1:-1]) if name.startswith('"') else name
    return bare[2:]
