"""The Test Anything Protocol: node's own runner when nobody watches, tap, bats, prove."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.ports.sandbox import Status

_POINT = re.compile(r"(?P<indent> *)(?P<word>ok|not ok) \d+(?: -)? (?P<name>[^#]*?)(?:# ?(?P<why>(?i:skip|todo))?.*)?")
_OPENED = re.compile(r"(?P<indent> *)# Subtest: (?P<name>.*)")
_DURATION = re.compile(r" +(?:\(?\d+(?:\.\d+)? ?m?s\)?| in \d+m?s)$")


def read(lines: Sequence[str]) -> Iterator[tuple[str, Status]]:
    """By the names of the subtests around a point and its own."""
    if not any(line.lstrip().startswith(("TAP version", "1..")) for line in lines):
        return
    around: dict[int, str] = {}
    for line in lines:
        if match := _OPENED.fullmatch(line):
            around[len(match["indent"])] = match["name"]
        elif match := _POINT.fullmatch(line):
            depth = len(match["indent"])
            outer = [around[indent] for indent in sorted(around) if indent < depth]
            around = {indent: name for indent, name in around.items() if indent < depth}
            yield (
                " > ".join([*outer, _DURATION.sub("", match["name"].rstrip())]),
                _status(match["word"], match["why"] or ""),
            )


def _status(word: str, why: str) -> Status:
    if why.lower() == "skip":
        return "skipped"
    if why.lower() == "todo":
        return "xpassed" if word == "ok" else "xfailed"
    return "passed" if word == "ok" else "failed"
