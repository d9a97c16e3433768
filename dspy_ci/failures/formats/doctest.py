"""Doctest, run by itself or by Sphinx."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_RULE = re.compile(r"\*{70}$")
_PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<id>\S+)')


def example(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A rule of stars, the place, the example, what was expected and what came."""
    del match
    place = _PLACE.match(cursor.peek() or "")
    if not place:
        return
    cursor.take()
    body = cursor.take_until(_RULE.match, limit=2000)
    yield Failure(
        "doctest",
        "test",
        "\n".join(text for text in body if text)[:1000],
        file=place["file"],
        line=int(place["line"]),
        test_id=place["id"],
        confidence=BLOCK,
    )


FORMAT = Format("doctest", starts={r"\*{70}$": example})
