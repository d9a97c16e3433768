"""Deptry: dependencies that are missing, unused or only transitive."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import PLACE, Format


def issue(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path[:line:col]: DEP002 'name' what is wrong with it`."""
    del cursor
    line, col = match["line"], match["col"]
    yield Failure(
        "deptry",
        "dependency",
        match["message"],
        file=match["file"],
        line=int(line) if line else None,
        col=int(col) if col else None,
        symbol=match["name"],
        code=f"DEP{match['code']}",
        confidence=LINE,
    )


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Found 2 dependency issues.`, the trailer."""
    del cursor
    yield Tally("deptry", int(match["count"]))


_ISSUE = r": DEP(?P<code>\d{3}) (?P<message>'(?P<name>[^']+)' .+)"
FORMAT = Format(
    "deptry",
    starts={
        rf"{PLACE}:(?P<col>\d+){_ISSUE}": issue,
        rf"(?P<file>[^\s:]+)(?P<line>)(?P<col>){_ISSUE}": issue,
        r"Found (?P<count>\d+) dependency issues?\.": total,
    },
)
