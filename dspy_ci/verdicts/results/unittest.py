"""`unittest -v`, Django's runner and nose2: `test_it (module.Class.test_it) ... ok`, and the headings of failures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.ports.sandbox import Status

_WORDS: dict[str, Status] = {
    "ok": "passed", "FAIL": "failed", "ERROR": "error", "expected failure": "xfailed",
    "unexpected success": "xpassed",
}  # fmt: skip
_NAME = re.compile(r"(?P<test>\w+) \((?P<place>[\w.]+)\)(?: [\[(].*?)?(?: \.\.\. ?(?P<end>.*))?")
_PLAIN = re.compile(r"(?P<id>[\w.]+\.\w+(?::\d+)?) \.\.\. (?P<end>.+)")
_HEADING = re.compile(r"(?P<word>FAIL|ERROR): (?:(?P<test>\w+) \((?P<place>[\w.]+)\)|(?P<id>[\w.]+\.\w+))(?: .*)?")


def read(lines: Sequence[str]) -> Iterator[tuple[str, Status]]:
    """By dotted name. A test may print or have a docstring between its name and its end."""
    pending: str | None = None
    for line in lines:
        if match := _HEADING.fullmatch(line):
            yield (
                match["id"] or _dotted(match["test"], match["place"]),
                "failed" if match["word"] == "FAIL" else "error",
            )
            pending = None
        elif match := _NAME.fullmatch(line):
            pending, end = _dotted(match["test"], match["place"]), match["end"]
        elif match := _PLAIN.fullmatch(line):
            pending, end = match["id"], match["end"]
        else:
            end = line.rpartition(" ... ")[2]
        status = _status(end) if pending else None
        if pending and status:
            yield pending, status
            pending = None


def _status(end: str | None) -> Status | None:
    if end and end.startswith("skipped "):
        return "skipped"
    return _WORDS.get(end or "")


def _dotted(test: str, place: str) -> str:
    """Python 3.11 and later put the method's name behind the class themselves."""
    return place if place.endswith(f".{test}") else f"{place}.{test}"
