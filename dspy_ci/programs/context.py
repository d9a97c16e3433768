"""`context`: from a log to its key points."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dspy_ci.failures.diagnosis import Diagnosis, diagnose
from dspy_ci.failures.failure import Failure
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.programs.marking import NOTE
from dspy_ci.programs.program import Fields, Program
from dspy_ci.reports.words import headline

_MOST = 8
_POINT = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+(?P<text>\S.*)$")
_SUMMARY = re.compile(r"^\s*\**summary\**\s*:\s*\**(?P<text>\S.*)$", re.IGNORECASE)


class Points(NamedTuple):
    """What a log says."""

    summary: str
    """One sentence; empty when the answer has none."""
    points: tuple[str, ...]


def parse(text: str) -> Points:
    """The summary and the points of an answer; prose without points gives none."""
    lines = text.splitlines()
    summary = next((match["text"].strip() for line in lines if (match := _SUMMARY.match(line))), "")
    points = [match["text"].strip() for line in lines if (match := _POINT.match(line))]
    return Points(summary, tuple(dict.fromkeys(points))[:_MOST])


def _offline(fields: Fields) -> str:
    diagnosis = read(fields.get("logs_preview", ""))
    return "\n".join(_lines(diagnosis))


def read(log: str) -> Diagnosis:
    """What the rules find in a log."""
    return diagnose(pages_of([log.encode(errors="replace")]))


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    causes = diagnosis.causes()
    if not causes:
        yield "Summary: no failure is named in the log."
        return
    others = len(diagnosis.open) - len(causes)
    more = f", and {others} more failures follow from it" if others else ""
    yield f"Summary: {headline(causes[0])}{more}."
    for failure in causes[:_MOST]:
        yield f"- {_place(failure)}{failure.tool} {failure.kind}: {headline(failure)}"


def _place(failure: Failure) -> str:
    place = ":".join(str(part) for part in (failure.file, failure.line) if part)
    test = f" ({failure.test_id})" if failure.test_id else ""
    return f"{place}{test} " if place or test else ""


PROGRAM = Program(
    name="context",
    instructions=(
        "You read the log of a failed CI job for a developer who has no time. Name the root cause first, then what "
        "follows from it. Spell files, lines, tests, error classes and values exactly as the log does. Leave out "
        "set-up, downloads, progress and everything that worked. If the log names no failure, say so."
    ),
    inputs={
        "task": "what the developer wants to know",
        "logs_preview": f"the part of the log that is worth reading. {NOTE}",
    },
    output="key_points",
    says="first a line `Summary: ...` with one sentence, then at most eight lines that each begin with `- `",
    offline=_offline,
    useful=lambda text: any(parse(text)),
)
