"""Prettier: files that are not formatted, and files that it cannot parse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_WARN = re.compile(r"\[warn\] (?P<file>\S.*)$")
_TRAILER = re.compile(r"\[warn\] Code style issues|Code style issues found|\[warn\] .*Forgot to run Prettier")
_MOST = 10_000


def check(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`[warn] path` lines, which are failures only where the trailer says so."""
    files = [match["file"]]
    first = cursor.number
    while len(files) < _MOST and (warn := _WARN.match(cursor.peek() or "")) and not _TRAILER.match(warn.string):
        cursor.take()
        files.append(warn["file"])
    if cursor.ahead(_TRAILER) is None:
        return
    for number, file in enumerate(files, first):
        if re.search(r"^\S+$|[\\/.][^\\/\s]+$", file) and not file.endswith("."):
            hint = Hint("command", f"prettier --write {file}")
            yield Failure(
                "prettier",
                "format",
                f"[warn] {file}",
                file=file,
                log_span=(number, number),
                confidence=LINE,
                fixable_hint=hint,
            )


def error(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`[error] path: SyntaxError: message (line:col)` and an excerpt."""
    cursor.take_while(lambda text: re.match(r"\[error\] [> ]", text), limit=40)
    yield Failure(
        "prettier",
        "syntax",
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]),
        exception="SyntaxError",
        confidence=BLOCK,
    )


def broken(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A configuration that cannot be read, or no file that matches."""
    del cursor
    kind: Kind = "usage" if match["message"].startswith("No ") else "config"
    yield Failure("prettier", kind, match["message"], confidence=LINE)


FORMAT = Format(
    "prettier",
    starts={
        _WARN.pattern: check,
        r"\[error\] (?P<file>\S.*?): (?P<message>SyntaxError: .*) \((?P<line>\d+):(?P<col>\d+)\)$": error,
        r"\[error\] (?P<message>(?:Invalid config|Cannot find pack|No parser could|No files match).*)": broken,
    },
)
