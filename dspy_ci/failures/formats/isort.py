"""Isort: files whose imports are not in order, with the diff where one was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format


def unsorted(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERROR: path Imports are incorrectly sorted and/or formatted.`, maybe with a diff."""
    diff = _diff(cursor)
    hint = Hint("patch", "\n".join(diff)) if diff else Hint("command", f"isort {match['file']}")
    yield Failure("isort", "format", match["message"], file=match["file"], confidence=LINE, fixable_hint=hint)


def _diff(cursor: Cursor) -> list[str]:
    if not ((cursor.peek() or "").startswith("--- ") and ":before\t" in (cursor.peek() or "")):
        return []
    return cursor.take_while(lambda text: text.startswith(("--- ", "+++ ", "@@ ", " ", "+", "-")), limit=2000)


FORMAT = Format(
    "isort",
    starts={r"ERROR: (?P<file>.+?) (?P<message>Imports are incorrectly sorted and/or formatted\.)": unsorted},
)
