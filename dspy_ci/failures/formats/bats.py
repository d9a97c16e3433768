"""Bats and other producers of plain TAP: `not ok` with comments below; bats' pretty form too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_PLACE = re.compile(r"in (?:test )?file (?P<file>[^,]+), line (?P<line>\d+)\)?")
_PERL = re.compile(r"\s*at (?P<file>\S+) line (?P<line>\d+)\.?$")
_TIMED = re.compile(r" (?:in \d+(?:ms|sec|s)|# in \d+ ms)?(?: # timeout after \d+s)?$")
_COMMENT = re.compile(r"\s*#(?: |$)")


def not_ok(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`not ok 1 name` and its comments: where, what."""
    comments = [text.strip()[1:].strip() for text in cursor.take_while(_COMMENT.match, limit=500)]
    if re.search(r"# (?:TODO|SKIP|todo|skip)\b", match["name"]):
        return
    yield _failure(match["name"], comments, LINE if not comments else BLOCK)


def pretty(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """` ✗ name` and the place in brackets below it."""
    if not re.match(r"\s+\((?:in test file|from function) ", cursor.peek() or ""):
        return
    lines = cursor.take_while(lambda text: text.startswith("   "), limit=500)
    yield _failure(match["name"], [text.strip() for text in lines], BLOCK)


def _failure(name: str, said: Sequence[str], confidence: float) -> Failure:
    places = [place for text in said if (place := _PLACE.search(text) or _PERL.match(text))]
    place = next((place for place in places if "in test file" in place.string), places[0] if places else None)
    told = [text for text in said if text and not _PLACE.search(text) and not _PERL.match(text)]
    kind: Kind = "timeout" if "# timeout after" in name else "test"
    test_id = name[: timed.start()] if (timed := _TIMED.search(name)) and timed[0] else name
    return Failure(
        "bats",
        kind,
        told[0] if told else f"not ok: {name}",
        file=place["file"] if place else None,
        line=int(place["line"]) if place else None,
        test_id=test_id.removeprefix("- ").strip(),
        confidence=confidence,
    )


FORMAT = Format(
    "bats",
    starts={
        r"not ok \d+ (?P<name>\S.*)$": not_ok,
        r" [✗✘] (?P<name>\S.*?)\s*(?:\[\d+\])?$": pretty,
    },
)
