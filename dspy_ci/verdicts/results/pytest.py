"""Pytest behind another command: its verbose lines, and the short summary that `-rA` asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.ports.sandbox import Status

_WORDS: dict[str, Status] = {
    "PASSED": "passed", "FAILED": "failed", "ERROR": "error", "SKIPPED": "skipped", "XFAIL": "xfailed",
    "XPASS": "xpassed",
}  # fmt: skip
_ID = r"(?P<id>\S+\.py::\S.*?)"
_VERBOSE = re.compile(rf"{_ID} (?P<word>{'|'.join(_WORDS)})(?: \(.*\))?\s+\[ *\d+%\]")
_WORKER = re.compile(rf"\[gw\d+\] \[ *\d+%\] (?P<word>{'|'.join(_WORDS)}) {_ID}")
_SUMMARY = re.compile(rf"(?P<word>{'|'.join(_WORDS)}) {_ID}(?: - .*)?")
_FILE = re.compile(r"ERROR (?P<id>\S+\.py)(?: - .*)?")


def read(lines: Sequence[str]) -> Iterator[tuple[str, Status]]:
    """By node id; a file that cannot be collected by its path."""
    for line in lines:
        if match := _VERBOSE.fullmatch(line) or _WORKER.fullmatch(line) or _SUMMARY.fullmatch(line):
            yield match["id"], _WORDS[match["word"]]
        elif match := _FILE.fullmatch(line):
            yield match["id"], "error"
