"""Reading unified diffs however mangled: numbers are not trusted, prose and fences are skipped."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from dspy_ci.patches.hunk import FileChange, Hunk, Op, Row

_HEADER = re.compile(r"@@+(?:\s*-(?P<start>\d+)(?:,\d+)?(?:\s+\+\d+(?:,\d+)?)?)?.*?(?:@@+.*)?")
_GIT = re.compile(r'diff --git (?:"?a/(?P<old>.+?)"? "?b/(?P<new>.+?)"?|(?P<old2>\S+) (?P<new2>\S+))')
_FENCE = re.compile(r"\s*(?:```|~~~)")
_EXTENDED = re.compile(
    r"(?:index [0-9a-f]+\.\.|old mode|new mode|similarity index|dissimilarity index|copy (?:from|to) )"
)
_OPS: dict[str, Op] = {" ": " ", "-": "-", "+": "+"}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_NAMED = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}


def looks_unified(text: str) -> bool:
    """Whether the text holds a diff at all."""
    return bool(
        re.search(r"^(?:@@|diff --git )", text, re.MULTILINE) or re.search(r"^--- .*\n\+\+\+ ", text, re.MULTILINE)
    )


def file_changes(text: str, known: Collection[str]) -> Iterator[FileChange]:
    """The changes of each file. `known` holds lines of the files, to tell context that lost its blank from prose."""
    reader = _Reader(known)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    for i, line in enumerate(lines):
        following = lines[i + 1] if i + 1 < len(lines) else ""
        reader.feed(line, following)
    yield from reader.finished()


@dataclass
class _Reader:
    known: Collection[str]
    done: list[FileChange] = field(default_factory=list)
    change: FileChange | None = None
    rows: list[Row] | None = None
    start: int | None = None
    ends_open: bool = False
    plus: bool = False

    def feed(self, line: str, following: str) -> None:
        """Take one line."""
        if line.startswith("diff --git "):
            self._open(_git_path(line))
        elif line.startswith("--- ") and following.startswith("+++ "):
            self._names(_path(line[4:]), _path(following[4:]))
        elif self.plus and line.startswith("+++ "):
            self.plus = False
        elif line.startswith("@@"):
            self._close_hunk()
            match = _HEADER.match(line)
            self.rows, self.start = [], int(match["start"]) if match and match["start"] else None
        elif self.rows is not None:
            self._row(line)
        elif self.change:
            self._extended(line)

    def _open(self, path: str | None) -> None:
        self._close_file()
        self.change = FileChange(path)

    def _names(self, old: str | None, new: str | None) -> None:
        fresh = self.change is None or self.change.hunks or self.rows is not None
        if fresh:
            self._open(new or old)
        change = self.change or FileChange(new or old)
        self.plus = True
        self.change = replace(
            change, path=new or old, new=change.new or old is None, removed=change.removed or new is None
        )

    def _extended(self, line: str) -> None:
        change = self.change
        if change is None:
            return
        if line.startswith("new file mode"):
            self.change = replace(change, new=True, unsupported=_odd_mode(line) or change.unsupported)
        elif line.startswith("deleted file mode"):
            self.change = replace(change, removed=True)
        elif line.startswith("rename from "):
            self.change = replace(change, moved_from=line[12:])
        elif line.startswith("rename to "):
            self.change = replace(change, path=line[10:])
        elif line.startswith(("GIT binary patch", "Binary files")):
            self.change = replace(change, unsupported="binary data")
        elif line.startswith("new mode"):
            self.change = replace(change, unsupported=f"a change of mode ({line})")

    def _row(self, line: str) -> None:
        rows = self.rows if self.rows is not None else []
        if line[:1] in _OPS:
            rows.append(Row(_OPS[line[0]], line[1:]))
        elif not line:
            rows.append(Row(" ", ""))
        elif line.startswith("\\"):
            self.ends_open = bool(rows) and rows[-1].op != "-"
        elif line.strip() in self.known and not _FENCE.match(line) and not _EXTENDED.match(line):
            rows.append(Row(" ", line))
        else:
            self._close_hunk()

    def _close_hunk(self) -> None:
        if self.rows:
            while self.rows and self.rows[-1] == Row(" ", ""):  # blank lines before prose, a fence or the end
                self.rows.pop()
            change = self.change or FileChange(None)
            hunk = Hunk(tuple(self.rows), self.start, self.ends_open)
            self.change = replace(change, hunks=(*change.hunks, hunk))
        self.rows, self.start, self.ends_open = None, None, False

    def _close_file(self) -> None:
        self._close_hunk()
        if self.change:
            self.done.append(self.change)
        self.change = None

    def finished(self) -> list[FileChange]:
        """All that was read."""
        self._close_file()
        return self.done


def _odd_mode(line: str) -> str | None:
    mode = line.rpartition(" ")[2]
    return None if mode in {"100644", "100755"} else f"a file of mode {mode}"


def _git_path(line: str) -> str | None:
    match = _GIT.fullmatch(line)
    return (match["new"] or match["new2"]) if match else None


def _path(text: str) -> str | None:
    """The path of a `---` or `+++` line; None for /dev/null."""
    quoted = _QUOTED.match(text)
    if quoted:
        return unquoted(quoted[1])
    path = text.partition("\t")[0].rstrip()
    return None if path == "/dev/null" else path


def unquoted(text: str) -> str:
    """The path behind git's C quoting."""
    data = bytearray()
    last = 0
    for match in _ESCAPE.finditer(text):
        data += text[last : match.start()].encode()
        escaped = match[1]
        data.append(int(escaped, 8) & 255 if len(escaped) == 3 else _NAMED.get(escaped, ord(escaped) & 255))
        last = match.end()
    data += text[last:].encode()
    return data.decode("utf-8", "surrogateescape")
