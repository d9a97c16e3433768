"""Pylint: `path:line:col: C0410: message (symbol)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import PLACE, Format

_KINDS: dict[str, Kind] = {"syntax-error": "syntax", "import-error": "import", "no-name-in-module": "import"}
_QUOTED = re.compile(r"'([\w.]+)'")


def message(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """One line, one message; the symbolic name of the rule closes it."""
    del cursor
    kind = _KINDS.get(match["rule"] or "", "lint")
    quoted = _QUOTED.search(match["message"]) if kind == "import" else None
    yield Failure(
        "pylint",
        kind,
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]) + 1,
        symbol=quoted[1] if quoted else None,
        code=match["code"],
        confidence=LINE,
    )


FORMAT = Format(
    "pylint",
    starts={
        rf"{PLACE}:(?P<col>\d+): (?P<code>[CRWEFI]\d{{4}}): (?P<message>.*?)"
        r"(?: \((?P<rule>[a-z][a-z0-9-]+)\))?$": message,
    },
)
