"""Unittest and those who speak like it: nose2, Django's test runner, twisted trial."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format
from dspy_ci.failures.trace import HEAD, kind_of, symbol_of, trace_of

_RULE = re.compile(r"[=-]{70}$")
_TITLE = re.compile(r"(?P<status>FAIL|ERROR): (?P<name>\S+)(?: \((?P<id>[\w.<>]+)\))?(?P<rest>.*)$")
_TRACEBACK = re.compile(HEAD)
_LOADER = re.compile(r"(?:unittest\.loader\._FailedTest|nose2\.loader\.\w+Failure)\.?")
_DJANGO = re.compile(r"Found \d+ test\(s\)\.|Creating test database|System check identified|.*django")
_COUNT = re.compile(r"(?:failures|errors|unexpected successes)=(\d+)")


def test(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A rule, `FAIL: name (id)`, a rule, a traceback, captured output."""
    title = _TITLE.match(cursor.peek() or "")
    if not title or not match[0].startswith("="):
        return
    tool = _tool(title, cursor)
    cursor.take()
    cursor.take_until(_RULE.match, limit=20)
    cursor.take()
    body = cursor.take_until(_RULE.match, limit=20_000)
    yield _failure(tool, title, body)


def _failure(tool: str, title: re.Match[str], body: list[str]) -> Failure:
    end = next((i for i, text in enumerate(body) if text in {"Stdout:", "Stderr:"}), len(body))
    start = next((i for i, text in enumerate(body) if _TRACEBACK.match(text)), 0)
    trace = trace_of(body[start:end])
    place = trace.blamed
    loading = _LOADER.match(title["id"] or "")
    kind = kind_of(trace.exception, "collection") if loading else "test"
    return Failure(
        tool,
        kind,
        trace.message or trace.exception or title[0],
        file=place.file if place else None,
        line=place.line if place else None,
        symbol=symbol_of(trace.message),
        test_id=_id(title),
        exception=trace.exception,
        frames=trace.frames,
        confidence=BLOCK,
    )


def _id(title: re.Match[str]) -> str:
    """The dotted id; since 3.11 it ends with the name, before it is class alone."""
    name, dotted = title["name"], _LOADER.sub("", title["id"] or "")
    if not dotted:
        return name
    return dotted if dotted.endswith(name) else f"{dotted}.{name}"


def _tool(title: re.Match[str], cursor: Cursor) -> str:
    if "nose2" in (title["id"] or ""):
        return "nose2"
    nearby = (*cursor.behind(200), *(cursor.peek(i) or "" for i in range(60)))
    if any(_DJANGO.match(text) for text in nearby):
        return "django"
    return "nose2" if any("/nose2/" in text for text in nearby) else "unittest"


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`FAILED (failures=2, errors=2)`, the trailer."""
    behind = cursor.behind(400)
    tool = "django" if any(_DJANGO.match(text) for text in behind) else "unittest"
    del cursor
    yield Tally(tool, sum(map(int, _COUNT.findall(match["counts"]))))


FORMAT = Format(
    "unittest",
    starts={r"={70}$": test, r"FAILED \((?P<counts>.*(?:failures|errors|successes)=.*)\)$": total},
)
