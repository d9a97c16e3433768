"""Task runners of monorepos (turbo, nx, pnpm -r): each line of output begins with the package and the task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_TASKS = ("test", "build", "lint", "typecheck", "type-check", "check", "compile", "format", "e2e", "unit")
_TASK = "|".join(map(re.escape, _TASKS))
_LINE = re.compile(
    rf"(?P<prefix>(?:@[\w.-]+/)?[\w.-]+:(?:{_TASK})[\w:-]*: "
    rf"|(?P<folder>[\w.-]+(?:/[\w.@-]+)+) (?:{_TASK})[\w:-]*: )(?P<text>.*)"
)
_FEWEST = 2
_MOST = 50_000


def prefixed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The lines of all packages that run at the same time, read package by package without their prefix."""
    if not _LINE.match(cursor.peek() or ""):
        return
    first = cursor.number
    lines = [match.string, *cursor.take_while(_LINE.match, limit=_MOST)]
    packages: dict[str, list[tuple[int, re.Match[str]]]] = {}
    for number, line in enumerate(lines, first):
        if found := _LINE.match(line):
            packages.setdefault(found["prefix"], []).append((number, found))
    for told in packages.values():
        if len(told) >= _FEWEST:
            yield from _read(told, cursor)


def _read(told: list[tuple[int, re.Match[str]]], cursor: Cursor) -> Iterator[Finding]:
    numbers = [number for number, _ in told]
    folder = told[0][1]["folder"]
    for finding in cursor.nested([found["text"] for _, found in told], 1):
        yield _placed(finding, numbers, folder) if isinstance(finding, Failure) else finding


def _placed(failure: Failure, numbers: list[int], folder: str | None) -> Failure:
    """With the line numbers of the whole log, and with a path from the root where the prefix names the folder."""
    start, end = failure.log_span or (1, 1)
    span = (numbers[min(start, len(numbers)) - 1], numbers[min(end, len(numbers)) - 1])
    file = failure.file
    if file and folder and not re.match(r"[/\\]|[A-Za-z]:|\.\./", file) and not file.startswith(folder):
        file = f"{folder}/{file.removeprefix('./')}"
    return replace(failure, file=file, log_span=span)


FORMAT = Format(
    "monorepo",
    starts={
        **{rf"(?:@[\w.-]+/)?[\w.-]+:{re.escape(task)}[\w:-]*: ": prefixed for task in _TASKS},
        **{rf"[\w.-]+(?:/[\w.@-]+)+ {re.escape(task)}[\w:-]*: ": prefixed for task in _TASKS},
    },
)
