"""Runners of JavaScript that put a mark before each test: jest, vitest, mocha, node's own on a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.ports.sandbox import Status

_GOOD, _BAD, _LEFT = "✓✔√", "✕✖×✗", "○↓﹣"
_MARK = re.compile(rf"(?P<indent>\s*)(?P<mark>[{_GOOD}{_BAD}{_LEFT}]|\d+\))\s+(?P<name>\S.*)")
_FILE = re.compile(r"\s*(?P<word>PASS|FAIL)\s+(?P<path>\S+\.[cm]?[jt]sx?)(?: .*)?")
_TITLE = re.compile(r"(?P<indent>\s+)(?P<name>[^\s│❯⎯].*)|(?P<play>\s*)▶ (?P<suite>.*)")
_DURATION = re.compile(r"(?: \(\d+(?:\.\d+)? ?m?s\)| +\d+(?:\.\d+)? ?m?s)$")
_COUNTED = re.compile(r" \(\d+ tests?(?: \|[^)]*)?\)$")
_COUNT = re.compile(r"\d+ problems?\b.*")
"""With a mark, how eslint and stylelint close their report; it is no test."""
_REPORT = re.compile(r"\S.* ━{5,}")
"""The head of a complaint of biome, whose own mark is no test's."""
_OVER = re.compile(r"\s*(?:\d+ (?:passing|failing)\b|Test Suites?:|Summary of all failing|⎯+ Failed|\u2139 tests|● )")


def read(lines: Sequence[str]) -> Iterator[tuple[str, Status]]:
    """By file, suites and name, as far as the output shows them; what is told again behind the counts is not read."""
    around: dict[int, str] = {}
    for line in _of_tests(lines):
        if _OVER.match(line):
            return
        if match := _FILE.fullmatch(line):
            around = {-1: match["path"]}
            yield match["path"], "passed" if match["word"] == "PASS" else "failed"
        elif match := _MARK.fullmatch(line):
            depth = len(match["indent"])
            outer = [around[indent] for indent in sorted(around) if indent < depth]
            name = _COUNTED.sub("", _DURATION.sub("", match["name"]))
            yield " > ".join([*outer, name.removeprefix("skipped ")]), _status(match["mark"])
        elif match := _TITLE.fullmatch(line):
            depth = len(match["indent"] or match["play"] or "")
            around = {indent: name for indent, name in around.items() if indent < depth}
            around[depth] = match["name"] or _DURATION.sub("", match["suite"])


def _of_tests(lines: Sequence[str]) -> Iterator[str]:
    """The lines without those that checkers mark as runners mark a test: a cure would seem to lose a test."""
    complains = False
    for line in lines:
        complains = complains or bool(_REPORT.fullmatch(line))
        match = _MARK.fullmatch(line)
        name = match["name"] if match and match["mark"] in _BAD else None
        if name is None or not (complains or _COUNT.fullmatch(name)):
            yield line
        complains = complains and name is None


def _status(mark: str) -> Status:
    if mark in _LEFT:
        return "skipped"
    return "passed" if mark in _GOOD else "failed"
