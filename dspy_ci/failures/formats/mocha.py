"""Mocha and what reports like it (Cypress): the numbered list after `N failing`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Frame, Kind
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format
from dspy_ci.failures.js_stack import frames_of, kind_of, missing_module, raised
from dspy_ci.failures.trace import blamed

_HEAD = re.compile(r"  (?P<number>\d+)\) (?P<name>\S.*)$")
_FRAME = re.compile(r"\s+at \S")
_OTHER = re.compile(r"##\[|npm |error |\[ci\]|\$ ")
_LONGEST_BLOCK = 1000


def failing(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The list itself: name over several lines, message, frames."""
    count = int(match["count"])
    yield Tally("mocha", count)
    for number in range(1, count + 1):
        head = _to_head(cursor, number)
        if head is None:
            return
        first = cursor.number
        name = _name(head, cursor)
        yield _failure(name, _body(cursor, number), (first, cursor.number))


def _to_head(cursor: Cursor, number: int) -> str | None:
    """Move on to the head of the block with this number."""
    cursor.take_until(lambda text: _HEAD.match(text) or _OTHER.match(text), limit=_LONGEST_BLOCK)
    head = _HEAD.match(cursor.peek() or "")
    if not head or int(head["number"]) != number:
        return None
    cursor.take()
    return head["name"]


def _name(head: str, cursor: Cursor) -> list[str]:
    """Suites and test: one per line, the last ends with a colon."""
    names = [head]
    while not names[-1].endswith(":") and (cursor.peek() or "").strip() and len(names) < 20:
        names.append(cursor.take().strip())
    names[-1] = names[-1].removesuffix(":")
    return names


def _body(cursor: Cursor, number: int) -> list[str]:
    """Message and frames, which end with the first other line after them, or where the next block begins."""
    body: list[str] = []
    framed = False
    while (text := cursor.peek()) is not None and len(body) < _LONGEST_BLOCK:
        head = _HEAD.match(text)
        if (head and int(head["number"]) == number + 1) or _OTHER.match(text):
            break
        if framed and text.strip() and not text.startswith("     "):
            break
        framed = framed or bool(_FRAME.match(text))
        body.append(cursor.take())
    return body


def _failure(name: Sequence[str], body: Sequence[str], span: tuple[int, int]) -> Failure:
    text = next((text for text in body if text.strip()), "")
    exception, code, message = raised(text)
    frames = frames_of(body)
    said = re.search(r"\((?P<file>[^()\s]+\.\w+)\)$", text)
    place = blamed(frames) or (Frame(said["file"], None) if said else None)
    hook = re.match(r'"(?:before|after)(?: each| all)?" hook', name[-1])
    kind: Kind = "fixture" if hook else kind_of(text, "test")
    if re.search(r"Timeout of \d+ms exceeded", text):
        kind = "timeout"
    return Failure(
        "mocha",
        kind,
        message or text.strip(),
        file=place.file if place else None,
        line=place.line if place else None,
        symbol=missing_module(text),
        code=code,
        test_id="::".join(name),
        exception=exception,
        frames=frames,
        log_span=span,
        confidence=BLOCK,
    )


FORMAT = Format("mocha", starts={r"  (?P<count>\d+) failing$": failing})
