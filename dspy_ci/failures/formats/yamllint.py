"""Yamllint: a path, then its problems indented below; and one-liners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import PLACE, Format

_PROBLEM = re.compile(
    r"  (?P<line>\d+):(?P<col>\d+) +(?P<level>error|warning) +(?P<message>.+?)(?:  \((?P<code>[a-z-]+)\))?$"
)


def file(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The path of a file and, below it, what is wrong there; warnings do not fail."""
    if not _PROBLEM.match(cursor.peek() or ""):
        return
    while problem := _PROBLEM.match(cursor.peek() or ""):
        cursor.take()
        if problem["level"] == "error":
            yield _failure(match["file"], problem, BLOCK, cursor.number)


def one_line(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line:col: [error] message (code)`, the parsable style."""
    yield _failure(match["file"], match, LINE, cursor.number)


def _failure(path: str, problem: re.Match[str], confidence: float, number: int) -> Failure:
    syntax = problem["code"] is None and "syntax error" in problem["message"]
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
        r"(?P<file>[^\s:]+\.ya?ml|[^\s:]*\.yamllint)$": file,
        rf"{PLACE}:(?P<col>\d+): \[error\] (?P<message>.+?)(?: \((?P<code>[a-z-]+)\))?$": one_line,
    },
)
