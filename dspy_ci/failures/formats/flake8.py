"""Flake8 and pycodestyle: `path:line:col: CODE message`, and the pylint-like style."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import COLUMN, PLACE, Format
from dspy_ci.failures.formats.ruff import kind_of

_NAME = re.compile(r"undefined name '(\w+)'|'([\w.]+)' imported but unused")


def violation(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """One line, one violation."""
    del cursor
    name = _NAME.match(match["message"])
    yield Failure(
        "flake8",
        kind_of(match["code"]),
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]) if match["col"] else None,
        symbol=(name[1] or name[2]) if name else None,
        code=match["code"],
        confidence=LINE,
    )


FORMAT = Format(
    "flake8",
    starts={
        rf"{PLACE}{COLUMN}: (?P<code>[A-Z]{{1,4}}\d{{2,4}}) (?P<message>.+)": violation,
        rf"{PLACE}(?P<col>): \[(?P<code>[A-Z]{{1,4}}\d{{2,4}})\] (?P<message>.+)": violation,
    },
)
