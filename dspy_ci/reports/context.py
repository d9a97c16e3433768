"""What `context` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dspy_ci import __version__
from dspy_ci.logs.extract import Extract
from dspy_ci.reports.styled import Styled

SCHEMA = "dspy-ci/context/1"


def as_record(source: str, extract: Extract) -> dict[str, Any]:
    """The reduced log as plain values."""
    return {
        "schema": SCHEMA,
        "tool_version": __version__,
        "source": source,
        "text": extract.text,
        "tokens": extract.tokens,
        "lines": {"shown": extract.shown, "left_out": extract.left_out, "total": extract.total},
    }


def as_lines(extract: Extract) -> Iterator[Styled]:
    """The reduced log, and how much was left out."""
    for line in extract.text.split("\n") if extract.text else ():
        yield Styled(line, "faint" if line.startswith("[lines ") else "plain")
    yield Styled(f"[{extract.left_out} of {extract.total} lines left out]", "faint")
