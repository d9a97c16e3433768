"""Bandit: security issues in paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_LOCATION = re.compile(r"\s+Location: (?P<file>.+?):(?P<line>\d+)(?::(?P<col>\d+))?$")

_SEVERITY = re.compile(r"\s+Severity: (\w+)")
_CONFIDENCE = {"High": BLOCK, "Medium": 0.92}


def issue(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`>> Issue: [B602:name] message`, severity, and the place some lines below."""
    lines = cursor.take_until(lambda text: text.startswith((">> Issue", "-----", "Code scanned")) or not text, limit=40)
    place = next((found for text in lines if (found := _LOCATION.match(text))), None)
    severity = next((found for text in lines if (found := _SEVERITY.match(text))), None)
    yield Failure(
        "bandit",
        "security",
        match["message"],
        file=place["file"] if place else None,
        line=int(place["line"]) if place else None,
        col=int(place["col"]) + 1 if place and place["col"] else None,
        code=match["code"],
        confidence=_CONFIDENCE.get(severity[1] if severity else "", LINE),
    )


FORMAT = Format("bandit", starts={r">> Issue: \[(?P<code>B\d+)(?::[\w]+)?\] (?P<message>.+)": issue})
