"""The shape that all formats share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.finding import Finding

PATH = r"(?!\d+:\d)(?P<file>(?:[A-Za-z]:[\\/])?[^\s:()\[\]'\"`,;|<>]+)"
"""A path at the start of a line, up to the first colon or bracket; a time of day is none."""
PLACE = PATH + r":(?P<line>\d+)"
"""`path:line`, with or without a column: how most tools begin a diagnostic. Starts that begin so share one test."""
COLUMN = r"(?::(?P<col>\d+))?"

Parse = Callable[[re.Match[str], Cursor], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Format:
    """How one tool says that something is wrong.

    A line that a pattern of `starts` matches at its beginning is taken and handed to the parser beside it, which may
    take the lines that follow. A parser that finds nothing and takes nothing leaves the line to the next in the table.
    """

    tool: str
    starts: Mapping[str, Parse]
    """Patterns, matched from the first character of a line; no flags, no leading `.*`, no backreferences."""
    anywhere: tuple[str, ...] = ()
    """Literals that open a block in the middle of a line (glued to progress dots); the line is matched from there."""
    meta: bool = False
    """Also reads what the CI system itself prints."""
