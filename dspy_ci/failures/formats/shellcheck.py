"""ShellCheck: the form for people and the one-line form of GCC."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import PLACE, Format

_ROW = re.compile(r"\s*(?P<caret>\^-*\^?|\^--) (?P<code>SC\d{4}) \((?P<level>\w+)\): (?P<message>.*)$")


def block(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`In a.sh line 2:`, the source, and a caret with rule and message for each finding."""
    cursor.take()
    first = cursor.number
    while row := _ROW.match(cursor.peek() or ""):
        cursor.take()
        yield Failure(
            "shellcheck",
            _kind(row["code"]),
            row["message"].rstrip(),
            file=match["file"],
            line=int(match["line"]),
            col=row.start("caret") + 1,
            code=row["code"],
            log_span=(first, cursor.number),
            confidence=BLOCK,
        )


def one_line(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`a.sh:2:8: warning: message [SC2115]`; every level makes the run fail."""
    del cursor
    yield Failure(
        "shellcheck",
        _kind(match["code"]),
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]),
        code=match["code"],
        confidence=LINE,
    )


def _kind(code: str) -> Kind:
    """SC1xxx are about the grammar: only those that stop the parser are syntax errors."""
    return "syntax" if code in {"SC1072", "SC1073", "SC1009", "SC1056", "SC1070"} else "lint"


FORMAT = Format(
    "shellcheck",
    starts={
        r"In (?P<file>\S.*) line (?P<line>\d+):$": block,
        PLACE + r":(?P<col>\d+): (?:error|warning|note|info|style): (?P<message>.+) \[(?P<code>SC\d{4})\]$": one_line,
    },
)
