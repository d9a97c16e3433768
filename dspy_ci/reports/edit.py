"""What became of a described change, for machines as one object, for people as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dspy_ci.ports.lm import Usage
from dspy_ci.ports.sandbox import Guarantees
from dspy_ci.reports.fix import Offer
from dspy_ci.reports.fix_text import offered
from dspy_ci.reports.records import offer_record, usage_record
from dspy_ci.reports.styled import Styled
from dspy_ci.reports.words import number, used

SCHEMA = "dspy-ci/edit/1"


@dataclass(frozen=True, slots=True)
class EditReport:
    """A task, and the changes that were proposed for it and passed the judge."""

    task: str
    command: str
    """How the tests were run."""
    red: int
    """How many tests the change was to turn green; with 0 it only had to do no harm."""
    offers: tuple[Offer, ...]
    """Best first."""
    model: str | None
    usage: Usage
    guarantees: Guarantees
    seconds: float
    answers: int = 0
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> Literal["proved", "unproved", "none"]:
        """Whether a change was proved right, was only found to do no harm, or is not there."""
        if any(offer.verdict.verified for offer in self.offers):
            return "proved"
        return "unproved" if self.best else "none"

    @property
    def best(self) -> Offer | None:
        """What may be applied: proved where something was red, harmless where nothing was."""
        return next((offer for offer in self.offers if offer.verdict.verified or not self.red), None)

    @property
    def summary(self) -> str:
        """One sentence."""
        if self.status == "proved":
            return f"Done, with proof: {number(self.red, 'red test')} passed with the change, none is lost."
        if self.status == "unproved":
            return "Proposed: the change does no harm; nothing was red, so nothing proves that it does what was asked."
        if self.offers:
            return f"Not done: {self.offers[0].verdict.reason}."
        if not self.answers:
            return "Not done: no change was proposed."
        return f"Not done: none of {number(self.answers, 'answer')} came to a change that holds."


def edit_record(report: EditReport) -> dict[str, Any]:
    """The whole of `edit --format json`."""
    guarantees = asdict(report.guarantees)
    promises = {name: guarantees[name] for name in ("files", "network", "secrets", "processes")}
    return {
        "schema": SCHEMA,
        "status": report.status,
        "summary": report.summary,
        "task": report.task,
        "command": report.command,
        "patches": [offer_record(offer) for offer in report.offers],
        "answers": report.answers,
        "elapsed_s": round(report.seconds, 3),
        "sandbox": {"tier": guarantees["tier"], "name": guarantees["name"], "guarantees": promises},
        "notes": list(report.notes),
        "model": report.model,
        "usage": usage_record(report.usage),
    }


def edit_text(report: EditReport) -> Iterator[Styled]:
    """The report, line by line."""
    yield Styled(report.summary, "bad" if report.status == "none" else "good")
    for place, offer in enumerate(report.offers, 1):
        yield Styled("")
        yield from offered(offer, place, len(report.offers))
    yield Styled("")
    yield Styled(f"{number(report.answers, 'answer')} judged in {report.seconds:.1f} s", "faint")
    if report.model:
        yield Styled(f"model {report.model}: {used(report.usage)}", "faint")
    for note in report.notes:
        yield Styled(f"note: {note}", "faint")
