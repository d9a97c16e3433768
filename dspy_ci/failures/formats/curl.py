"""curl and wget: hosts that cannot be reached, answers that are no success."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_KINDS: dict[str, Kind] = {"1": "usage", "2": "usage", "3": "usage", "23": "disk", "26": "command", "27": "oom"}
_REFUSED = re.compile(r".*error: 40[13]\b")


def failed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`curl: (6) Could not resolve host: x`; the number is the exit code."""
    del cursor
    kind = _KINDS.get(match["code"], "network")
    if match["code"] == "22" and _REFUSED.match(match["message"]):
        kind = "permission"
    yield Failure("curl", kind, match[0], code=match["code"], confidence=LINE)


def wget(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`wget: unable to resolve host address`, `ERROR 404: Not Found.`."""
    del cursor
    yield Failure("wget", "network", match["message"], confidence=LINE)


FORMAT = Format(
    "curl",
    starts={
        r"curl: \((?P<code>\d+)\) (?P<message>.+)": failed,
        r"wget: (?P<message>(?:unable to resolve|can't connect|bad address|server returned|download timed).*)": wget,
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?P<message>ERROR \d{3}: .*)": wget,
    },
)
