"""Yamllint: a path, then its problems indented below; and one-liners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import PLACE, Format

_PROBLEM = re.compile(r"  \d+:\d+ +(?:error|warning) ")


def problem(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """An indented problem; the path of its file stands above the first of them. Warnings do not fail."""
    if match["level"] == "error":
        path = next((text for text in reversed(cursor.behind()) if not _PROBLEM.match(text)), None)
        yield _failure(path or None, match, BLOCK, cursor.number)


def one_line(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line:col: [error] message (code)`, the parsable style."""
    yield _failure(match["file"], match, LINE, cursor.number)


def _failure(path: str | None, problem: re.Match[str], confidence: float, number: int) -> Failure:
    syntax = problem["message"].startswith("syntax error")
    return Failure(
        "yamllint",
        "syntax" if syntax else "lint",
        problem["message"],
        file=path,
        line=int(problem["line"]),
        col=int(problem["col"]),
        code=problem["code"],
        log_span=(number, number),
        confidence=confidence,
    )


FORMAT = Format(
    "yamllint",
    starts={
        r"  (?P<line>\d+):(?P<col>\d+) +(?P<level>error|warning) +(?P<message>.+?)  \((?P<code>[a-z-]+)\)$": problem,
        rf"{PLACE}:(?P<col>\d+): \[error\] (?P<message>.+?)(?: \((?P<code>[a-z-]+)\))?$": one_line,
    },
)
