"""CMake's own errors, and the list of failed tests of CTest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK, SUMMARY
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format
from dspy_ci.failures.paths import is_ours

_MISSING = re.compile(
    r"Find(?P<module>\w+)\.cmake|Could NOT find (?P<name>\w+)|configuration file provided by\s+\"(?P<package>[^\"]+)\""
    r"|required packages were not found:\s+- (?P<config>\S+)|Could not find (?P<other>\w+)"
)
_CALL = re.compile(r"\s+(?P<file>\S+):(?P<line>\d+) \(\w+\)$")
_TEST = re.compile(r"\s*\d+ - (?P<name>\S.*?) \((?P<how>[\w ]+)\)")


def error(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`CMake Error at file:line (command):` and an indented text; the call stack leads out of CMake's own modules."""
    text = _text(cursor)
    stack = _stack(cursor)
    places = [(match["file"], int(match["line"]) if match["line"] else None), *stack]
    place = next((place for place in places if place[0] and _ours(place[0])), (None, None))
    message = " ".join([*filter(None, [(match["rest"] or "").strip()]), *text])
    named = _MISSING.search(message)
    kind: Kind = "dependency" if named else "syntax" if "Parse error" in message else "config"
    yield Failure(
        "cmake",
        kind,
        message or match[0],
        file=place[0],
        line=place[1],
        symbol=next(filter(None, named.groups()), None) if named else None,
        confidence=BLOCK,
    )


def _text(cursor: Cursor) -> Sequence[str]:
    lines = cursor.take_while(lambda text: not text or text.startswith("  "), limit=200)
    return [text.strip() for text in lines if text.strip()]


def _stack(cursor: Cursor) -> list[tuple[str, int | None]]:
    if not (cursor.peek() or "").startswith("Call Stack"):
        return []
    cursor.take()
    calls = map(_CALL.match, cursor.take_while(_CALL.match, limit=100))
    return [(call["file"], int(call["line"])) for call in calls if call]


def _ours(file: str) -> bool:
    return is_ours(file) and "/cmake/Modules/" not in file.lower().replace("modules", "Modules")


def failed_tests(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`The following tests FAILED:` of CTest."""
    del match
    for text in cursor.take_while(_TEST.match):
        if (test := _TEST.match(text)) and test["how"] not in {"Disabled", "Skipped"}:
            kind: Kind = "test"
            if test["how"] == "Timeout":
                kind = "timeout"
            yield Failure("ctest", kind, text.strip(), test_id=test["name"], confidence=SUMMARY)


FORMAT = Format(
    "cmake",
    starts={
        r"CMake Error(?: \(dev\))?(?: (?:at"
        r"|in) (?P<file>[^\s:]+)(?::(?P<line>\d+))?(?: \(\w+\))?)?:(?P<rest>.*)": error,
        r"The following tests FAILED:": failed_tests,
    },
)
