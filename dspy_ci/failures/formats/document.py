"""Reports for machines in the middle of a log: JSON on one line or many, JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dspy_ci.failures.cursor import LOOKAHEAD, Cursor
from dspy_ci.failures.documents.table import failures_in
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_CLOSING = {"{": "}", "[": "]"}
_XML_END = re.compile(r".*</testsuites>\s*$")
_SUITE_END = re.compile(r".*</testsuite>\s*$")
_GO = re.compile(r'\{.*"Action":"')


def one_line(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """An object on one line."""
    yield from failures_in(match.string[match.start() :]) or ()
    del cursor


def go_events(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`go test -json`: what the tests printed is spread over events; put together it is read like any log."""
    first = cursor.number
    lines = [match.string, *cursor.take_while(_GO.match)]
    output = "".join(_output(line) for line in lines)
    yield from cursor.nested(output.split("\n"), first)


def _output(line: str) -> str:
    try:
        event: Any = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    output = event.get("Output") if isinstance(event, dict) else None
    return output if isinstance(output, str) else ""


def many_lines(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """An object or list over many lines, closed in the first column."""
    closing = re.compile(re.escape(_CLOSING[match[0]]) + r"\s*$")
    yield from _document(match, cursor, closing)


def xml(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A JUnit report; the document may begin and end in the middle of lines."""
    whole = _XML_END.match(match.string) or _SUITE_END.match(match.string)
    if whole:
        yield from failures_in(match.string[match.start() :]) or ()
    else:
        many = cursor.ahead(_XML_END, limit=LOOKAHEAD) is not None
        yield from _document(match, cursor, _XML_END if many else _SUITE_END)


def _document(match: re.Match[str], cursor: Cursor, end: re.Pattern[str]) -> Iterator[Finding]:
    """The lines up to the end are taken when they are a report, and left to other formats when not."""
    distance = cursor.ahead(end, limit=LOOKAHEAD)
    if distance is None or cursor.number + distance in cursor.refused:
        return
    lines = [match.string, *(cursor.peek(i) or "" for i in range(distance + 1))]
    found = failures_in("\n".join(lines))
    if found is None:
        cursor.refused.add(cursor.number + distance)
        return
    first = cursor.number
    for _ in range(distance + 1):
        cursor.take()
    for failure in found:
        yield replace(failure, log_span=(first, cursor.number))


FORMAT = Format(
    "document",
    starts={
        r'\{"Time":.*"Action":"': go_events,
        r'\{"Action":"': go_events,
        r'\[?\{ ?".*\}\]?$': one_line,
        r"[{\[]$": many_lines,
        r"<\?xml |<testsuites?\b": xml,
    },
)
