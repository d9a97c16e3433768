"""Pyrefly: errors with frames, and its minimal text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format

_ARROW = re.compile(r" *--> (?P<file>.+?):(?P<line>\d+):(?P<col>\d+)$")
_BODY = re.compile(r"  |\d+ \|")


def full(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERROR message [rule]`, an arrow, a frame."""
    arrow = _ARROW.match(cursor.peek() or "")
    if not arrow:
        return
    cursor.take_while(_BODY.match, limit=100)
    yield _failure(match, arrow, BLOCK)


def minimal(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERROR path:line:col-col: message [rule]`."""
    del cursor
    yield _failure(match, match, LINE)


def _failure(match: re.Match[str], place: re.Match[str], confidence: float) -> Failure:
    return Failure(
        "pyrefly",
        "syntax" if match["rule"] == "parse-error" else "type",
        match["message"],
        file=place["file"],
        line=int(place["line"]),
        col=int(place["col"]),
        code=match["rule"],
        confidence=confidence,
    )


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """` INFO 6 errors`, the trailer."""
    del cursor
    yield Tally("pyrefly", int(match["count"]))


FORMAT = Format(
    "pyrefly",
    starts={
        r"ERROR (?P<file>[^\s:]+):(?P<line>\d+):(?P<col>\d+)(?:-\d+)?(?::\d+)?: (?P<message>.+)"
        r" \[(?P<rule>[a-z][\w-]+)\]$": minimal,
        r"ERROR (?P<message>.+) \[(?P<rule>[a-z][\w-]+)\]$": full,
        r" INFO (?P<count>\d+) errors?\b": total,
    },
)
