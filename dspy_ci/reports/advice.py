"""What a model said about a log, beside what the rules found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dspy_ci.failures.plan import Step
from dspy_ci.ports.lm import Usage
from dspy_ci.reports.records import usage_record
from dspy_ci.reports.styled import Styled
from dspy_ci.reports.words import used


@dataclass(frozen=True, slots=True)
class Advice:
    """Key points or steps, and what they cost; neither of them where the model was of no help."""

    model: str
    usage: Usage
    summary: str = ""
    points: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    risks: Mapping[str, str] = field(default_factory=dict)
    """Command to why it should be looked at twice."""
    note: str | None = None
    """Why the model was of no help."""


def advice_record(advice: Advice) -> dict[str, Any]:
    """Model, usage and note as plain values."""
    return {"model": advice.model, "usage": usage_record(advice.usage), "model_note": advice.note}


def points_record(advice: Advice) -> dict[str, Any]:
    """The key points as plain values."""
    return {"key_points": {"summary": advice.summary, "points": list(advice.points)}, **advice_record(advice)}


def steps_record(advice: Advice) -> list[dict[str, Any]]:
    """The steps as plain values, each with its risk or null."""
    return [{**step._asdict(), "risk": advice.risks.get(step.command or "")} for step in advice.steps]


def points_lines(advice: Advice) -> Iterator[Styled]:
    """The key points for people."""
    if advice.summary or advice.points:
        yield Styled("Key points", "head")
    if advice.summary:
        yield Styled(f"  {advice.summary}")
    for point in advice.points:
        yield Styled(f"  - {point}")
    yield from advice_lines(advice)
    yield Styled("")


def advice_lines(advice: Advice) -> Iterator[Styled]:
    """Who gave the advice, and what it cost."""
    yield Styled(f"model {advice.model}: {used(advice.usage)}", "faint")
    if advice.note:
        yield Styled(f"note: {advice.note}", "faint")
