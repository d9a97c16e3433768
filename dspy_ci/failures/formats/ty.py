"""Ty: full diagnostics with frames, and one-liners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import PLACE, Format

_ARROW = re.compile(r" *--> (?P<file>.+?):(?P<line>\d+):(?P<col>\d+)$")
_BODY = re.compile(r"\s|\d+ \||info: |help: |$")


def full(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error[rule]: message`, an arrow, a frame; arrows below `info:` point into stubs and are not the place."""
    arrow = _ARROW.match(cursor.peek() or "")
    if not arrow:
        return
    cursor.take_while(_BODY.match, limit=200)
    yield _failure(match, arrow, BLOCK)


def concise(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line:col: error[rule] message`."""
    del cursor
    yield _failure(match, match, LINE)


def _failure(match: re.Match[str], place: re.Match[str], confidence: float) -> Failure:
    rule = match["rule"]
    return Failure(
        "ty",
        "syntax" if rule == "invalid-syntax" else "type",
        match["message"],
        file=place["file"],
        line=int(place["line"]),
        col=int(place["col"]),
        code=rule,
        confidence=confidence,
    )


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Found 6 diagnostics`, the trailer; it counts warnings too."""
    del cursor
    yield Tally("ty", int(match["count"]))


FORMAT = Format(
    "ty",
    starts={
        r"error\[(?P<rule>[a-z][\w-]+-[\w-]+)\]: (?P<message>.+)": full,
        rf"{PLACE}:(?P<col>\d+): error\[(?P<rule>[a-z][\w-]+)\] (?P<message>.+)": concise,
        rf"{PLACE}:(?P<col>\d+): (?P<rule>[a-z]+(?:-[a-z]+)+): (?P<message>.+)": concise,
        r"Found (?P<count>\d+) diagnostics?$": total,
    },
)
