"""Coverage.py and pytest-cov: the threshold was missed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_TABLE = re.compile(r"Name\s+Stmts\s+Miss\b")
_ROW = re.compile(r"(?P<file>\S.*?)\s+(?P<statements>\d+)\s+(?P<missing>\d+)\s.*%")


def missed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The sentence that says so; the table around it may name the one file that lacks tests."""
    tool = "coverage" if match.string.startswith("Coverage failure") else "pytest"
    yield Failure(tool, "coverage", match["message"], file=_culprit(cursor), confidence=LINE)


def _culprit(cursor: Cursor) -> str | None:
    """The only file with missed statements, where the table lists several."""
    rows = [row for text in _table(cursor) if (row := _ROW.match(text)) and row["file"] != "TOTAL"]
    lacking = [row["file"] for row in rows if int(row["missing"])]
    return lacking[0] if len(rows) > 1 and len(lacking) == 1 else None


def _table(cursor: Cursor) -> Iterator[str]:
    start = cursor.ahead(_TABLE, limit=60)
    if start is not None:
        coming = (cursor.peek(distance) or "TOTAL" for distance in range(start + 1, start + 1000))
        return takewhile(lambda text: not text.startswith("TOTAL"), coming)
    before = cursor.behind(1000)
    start = next((i for i, text in enumerate(before) if _TABLE.match(text)), len(before))
    return iter(before[start + 1 :])


FORMAT = Format(
    "coverage",
    starts={r"(?:ERROR: )?(?P<message>Coverage failure: .*|FAIL Required test coverage of .*)": missed},
)
