"""What `explain` says about a log: for machines as one object, for people as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dspy_ci import __version__
from dspy_ci.failures.diagnosis import Diagnosis
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.plan import Step
from dspy_ci.failures.ranking import cause
from dspy_ci.failures.rerun import Rerun, rerun
from dspy_ci.logs.extract import Extract
from dspy_ci.reports.advice import Advice, advice_lines, advice_record, steps_record
from dspy_ci.reports.records import failure_record
from dspy_ci.reports.styled import Styled

SCHEMA = "dspy-ci/explain/1"
_ROOTS = 8
_MESSAGE = 8
_EXCERPT = 12


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known about one log."""

    source: str
    diagnosis: Diagnosis
    context: Extract
    plan: tuple[Step, ...]
    rerun: Rerun
    seconds: float
    advice: Advice | None = None
    """The plan of a model, where one is set."""


def as_record(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain values, ready for JSON."""
    diagnosis, context, advice = explanation.diagnosis, explanation.context, explanation.advice
    steps = steps_record(advice) if advice and advice.steps else [step._asdict() for step in explanation.plan]
    return {
        "schema": SCHEMA,
        "tool_version": __version__,
        "source": explanation.source,
        "failures": [_failure(failure) for failure in diagnosis.failures],
        "root": list(diagnosis.roots),
        "rerun": explanation.rerun._asdict(),
        "notes": list(diagnosis.notes),
        "context": {"text": context.text, "tokens": context.tokens, "left_out": context.left_out},
        "plan": steps,
        "elapsed_s": round(explanation.seconds, 3),
        **(advice_record(advice) if advice else {}),
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {**failure_record(failure), "rerun": rerun(failure)._asdict()}


def as_lines(explanation: Explanation) -> Iterator[Styled]:
    """The explanation for people: verdict, root causes, what to do next."""
    diagnosis = explanation.diagnosis
    if not diagnosis.open:
        yield Styled(f"{explanation.source}: no failure found", "good")
        return
    yield Styled(_verdict(explanation), "head")
    for note in diagnosis.notes:
        yield Styled(f"note: {note}", "faint")
    for index, failure in enumerate(diagnosis.causes()[:_ROOTS], 1):
        yield Styled("")
        yield from _root(index, failure, diagnosis)
    if len(diagnosis.roots) > _ROOTS:
        yield Styled(f"and {len(diagnosis.roots) - _ROOTS} more root causes", "faint")
    yield from _excerpt(explanation.context)
    yield from _plan(explanation)


def _verdict(explanation: Explanation) -> str:
    failures, roots = len(explanation.diagnosis.open), len(explanation.diagnosis.roots)
    of = f" of {_counted(roots, 'root cause')}" if roots < failures else ""
    return f"{explanation.source}: {_counted(failures, 'failure')}{of}"


def _root(index: int, failure: Failure, diagnosis: Diagnosis) -> Iterator[Styled]:
    """One root cause: where, what, whom else it hits, whether to run again."""
    place = ":".join(str(part) for part in (failure.file, failure.line) if part)
    named = dict.fromkeys(part for part in (place, failure.test_id, failure.code) if part)
    yield Styled(f"{index}. {failure.tool} {failure.kind}: {'  '.join(named)}".rstrip(": "), "bad")
    message = failure.message.strip().split("\n")
    first = (
        f"{failure.exception}: {message[0]}"
        if failure.exception and failure.exception not in message[0]
        else message[0]
    )
    for line in [first, *message[1:_MESSAGE]]:
        yield Styled(f"   {line}")
    others = sum(cause(other) == cause(failure) for other in diagnosis.open) - 1
    if others > 0:
        yield Styled(f"   and {_counted(others, 'failure')} more of the same cause", "faint")
    if failure.log_span:
        where = f" of {failure.step}" if failure.step else ""
        yield Styled(f"   log lines {failure.log_span[0]}-{failure.log_span[1]}{where}", "faint")
    advice = rerun(failure)
    yield Styled(f"   rerun: {advice.chance.replace('_', ' ')}, {advice.reason}", "faint")


def _excerpt(context: Extract) -> Iterator[Styled]:
    """The head of the context; `context` prints all of it."""
    lines = context.text.split("\n") if context.text else []
    if lines:
        yield Styled("")
        yield Styled("From the log", "head")
    for line in lines[:_EXCERPT]:
        yield Styled(f"  {line[:160]}", "faint")
    if len(lines) > _EXCERPT:
        yield Styled(f"  ... {len(lines) - _EXCERPT} more lines: dspy-ci context", "faint")


def _plan(explanation: Explanation) -> Iterator[Styled]:
    advice = explanation.advice
    steps = advice.steps if advice and advice.steps else explanation.plan
    if steps:
        yield Styled("")
        yield Styled("Next", "head")
    for step in steps:
        if step.why:
            yield Styled(f"  {step.why}")
        if step.command:
            yield Styled(f"    $ {step.command}", "place")
        if step.command and advice and (why := advice.risks.get(step.command)):
            yield Styled(f"      risky: it {why}", "bad")
    if advice:
        yield Styled("")
        yield from advice_lines(advice)
    yield Styled("")
    yield Styled(f"Run again? {explanation.rerun.chance.replace('_', ' ')}: {explanation.rerun.reason}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
