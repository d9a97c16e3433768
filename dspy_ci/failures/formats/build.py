"""Pypa build: what a back end printed before it gave up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format
from dspy_ci.failures.trace import HEAD, trace_of

_END = re.compile(r"\* (?:Getting|Building|Creating|Installing)|ERROR |Successfully built|##\[")
_GONE = re.compile(r"ERROR (?P<message>Backend '(?P<name>[^']+)' is not available.*)")
_EXITED = re.compile(r"ERROR (?P<message>Backend subprocess exited when trying to invoke \w+|.+)")


def stage(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """One stage; its output matters only when the line after it says `ERROR`."""
    del match
    first = cursor.number + 1
    body = cursor.take_until(_END.match, limit=20_000)
    end = cursor.peek() or ""
    if gone := _GONE.match(end):
        cursor.take()
        yield Failure("build", "packaging", gone["message"], symbol=gone["name"], confidence=BLOCK)
    elif not body or end.startswith(("* ", "Successfully")):
        return
    else:
        inside = [found for found in cursor.nested(body, first) if isinstance(found, Failure)]
        foreign = [failure for failure in inside if failure.tool != "python" and failure.confidence > WRAPPER]
        yield from foreign
        if not foreign and (exited := _EXITED.match(end)):
            cursor.take()
            yield _by_output(body, exited["message"])


def _by_output(body: list[str], otherwise: str) -> Failure:
    start = max((i for i, text in enumerate(body) if re.match(HEAD, text)), default=None)
    trace = trace_of(body[start:]) if start is not None else None
    said = next((text[7:] for text in reversed(body) if text.startswith("error: ")), None)
    message = said or (trace.message if trace else None) or otherwise
    return Failure("build", "packaging", message, exception=trace.exception if trace else None, confidence=BLOCK)


FORMAT = Format(
    "build", starts={r"\* (?:Getting build dependencies|Building (?:wheel|sdist)|Creating|Installing).*": stage}
)
