"""Codespell: words that are probably misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import PLACE, Format


def misspelling(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line: teh ==> the`."""
    del cursor
    single = "," not in match["right"]
    yield Failure(
        "codespell",
        "lint",
        f"{match['wrong']} ==> {match['right']}",
        file=match["file"],
        line=int(match["line"]),
        symbol=match["wrong"],
        confidence=LINE,
        fixable_hint=Hint("command", f"codespell -w {match['file']}") if single else None,
    )


FORMAT = Format("codespell", starts={rf"{PLACE}: (?P<wrong>\S+) ==> (?P<right>.+)": misspelling})
