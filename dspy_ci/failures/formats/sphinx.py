"""Sphinx: warnings that -W turns into errors, and extensions that do not load."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, WARNING
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format
from dspy_ci.failures.trace import HEAD, take_traceback, trace_of

_TYPE = re.compile(r"(?P<message>.*?)(?: \[(?P<code>[a-z][\w.-]*)\])?$")
_EXTENSION = re.compile(r"Could not import extension (\S+)")


def diagnostic(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line: WARNING: message [type]`; a warning counts only when the trailer vouches for it."""
    text = _TYPE.match(match["message"])
    if re.match(HEAD, cursor.peek() or ""):
        cursor.take()
        take_traceback(cursor)
        cursor.take_while(lambda line: line.startswith(" ["), limit=1)
    fatal = any(level in match.string for level in (": ERROR: ", ": CRITICAL: "))
    yield Failure(
        "sphinx",
        "docs",
        text["message"] if text else match["message"],
        file=match["file"],
        line=int(match["line"]) if match["line"] else None,
        code=text["code"] if text else None,
        confidence=LINE if fatal and match["file"] else WARNING,
    )


def broken(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Extension error!` and the like; the cause stands at the end of its traceback."""
    body = cursor.take_until(lambda text: text.startswith(("The full traceback has been saved", "##[")), limit=500)
    trace = trace_of([text.removeprefix("    ") for text in body if text.strip()])
    message = trace.message or next((text for text in body if text.strip()), match[0])
    extension = _EXTENSION.search(message)
    place = trace.blamed
    yield Failure(
        "sphinx",
        "docs",
        message,
        file=place.file if place else None,
        line=place.line if place else None,
        symbol=extension[1] if extension else None,
        exception=trace.exception,
        frames=trace.frames,
        confidence=LINE,
    )


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The trailer of a build whose warnings are errors."""
    del cursor
    yield Tally("sphinx", int(match["count"]))


_FILE = r"(?P<file>(?:[A-Za-z]:)?[^\s:]+\.(?:rst|md|py|txt|ipynb|inc)(?::docstring of [\w.]+)?)(?::(?P<line>\d*))?"
_BARE = r"(?P<file>)(?P<line>)"
_TOPICS = r"(?:autodoc|intersphinx|toctree|html_|duplicate)"
FORMAT = Format(
    "sphinx",
    starts={
        rf"{_FILE}: WARNING: (?P<message>.+)": diagnostic,
        rf"{_FILE}: ERROR: (?P<message>.+)": diagnostic,
        rf"{_FILE}: CRITICAL: (?P<message>.+)": diagnostic,
        rf"{_BARE}(?:WARNING|ERROR): (?P<message>{_TOPICS}.+)": diagnostic,
        r"(?:Extension|Configuration|Theme|Application|Sphinx|Handler <.*>).{0,80}error!$": broken,
        r"build finished with problems, (?P<count>\d+) warnings? \(with warnings treated as errors\)": total,
    },
)
