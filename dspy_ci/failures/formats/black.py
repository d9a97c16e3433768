"""Black: files that it would reformat, files that it cannot parse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_DIFF_OF = re.compile(r"\+\+\+ (?P<file>[^\t]+)\t")


def unformatted(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`would reformat path`, below the diff where one was asked for."""
    del cursor
    hint = Hint("command", f"black {match['file']}")
    yield Failure("black", "format", match[0], file=match["file"], confidence=LINE, fixable_hint=hint)


def unparsable(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error: cannot parse: path:line:col` since 26, `error: cannot format path: Cannot parse...: line:col` before."""
    cursor.take_while(lambda text: text.startswith((" ", "ParseError")), limit=6)
    yield Failure(
        "black",
        "syntax",
        match[0],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]),
        confidence=BLOCK,
    )


def unformattable(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error: cannot format path: why`, for another reason than syntax."""
    del cursor
    yield Failure("black", "format", match[0], file=match["file"], confidence=LINE)


FORMAT = Format(
    "black",
    starts={
        r"would reformat (?P<file>\S.*)$": unformatted,
        r"error: cannot parse: (?P<file>.+?):(?P<line>\d+):(?P<col>\d+)$": unparsable,
        r"error: cannot format (?P<file>.+?): Cannot parse[^:]*: (?P<line>\d+):(?P<col>\d+)": unparsable,
        r"error: cannot format (?P<file>.+?): (?P<why>.+)": unformattable,
    },
)
