"""`go test`: with `-v` every test of a package, without it every package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from dspy_ci.ports.sandbox import Status

_WORDS: dict[str, Status] = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}
_TEST = re.compile(r" *--- (?P<word>PASS|FAIL|SKIP): (?P<test>\S+) \(\d+\.\d+s\)")
_PACKAGE = re.compile(r"(?P<word>ok  |FAIL)\t(?P<package>\S+)(?:[\t ].*)?")
_ACTIONS: dict[str, Status] = {"pass": "passed", "fail": "failed", "skip": "skipped"}


def read(lines: Sequence[str]) -> Iterator[tuple[str, Status]]:
    """By package and test; the package's own line comes behind its tests."""
    waiting: list[tuple[str, Status]] = []
    for line in lines:
        if match := _TEST.fullmatch(line):
            waiting.append((match["test"], _WORDS[match["word"]]))
        elif match := _PACKAGE.fullmatch(line):
            package = match["package"]
            yield from ((f"{package}.{test}", status) for test, status in waiting)
            yield package, "passed" if match["word"] == "ok  " else "failed"
            waiting = []
        elif line.startswith('{"') and '"Action"' in line:
            yield from _event(line)
    yield from waiting


def _event(line: str) -> Iterator[tuple[str, Status]]:
    """A line of `go test -json`."""
    try:
        event = json.loads(line)
        status, package, test = _ACTIONS.get(event["Action"]), event["Package"], event.get("Test")
    except (ValueError, LookupError, TypeError, AttributeError):
        return
    if status and isinstance(package, str):
        yield f"{package}.{test}" if test else package, status
