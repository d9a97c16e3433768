"""What a mending run found, as one record for every way of telling it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.proposal import Proposal
from dspy_ci.ports.lm import Usage
from dspy_ci.ports.sandbox import Guarantees
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.verdicts.verdict import Verdict

FixStatus = Literal["green", "fixed", "unfixed", "error"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A patch, what was proved about it, and what a reader should know beside the proof."""

    patch: Patch
    verdict: Verdict
    notes: tuple[str, ...] = ()
    """Why this line, what else was plausible, on which input alternatives differ."""


@dataclass(frozen=True, slots=True)
class FixReport:
    """From a red repository to a verified patch, or an honest no."""

    status: FixStatus
    summary: str
    """One sentence: the verdict on the whole run."""
    command: str
    """How the tests were run, as a person would type it."""
    failures: tuple[Failure, ...] = ()
    """Root causes first."""
    cause: str | None = None
    """The root cause in a sentence."""
    suspects: tuple[Suspect, ...] = ()
    offers: tuple[Offer, ...] = ()
    """Best first; verified ones before all others."""
    tried: int = 0
    """How many candidates were run."""
    first: int | None = None
    """How many had been run when the first plausible one came: what learning brings down."""
    seconds: float = 0.0
    guarantees: Guarantees | None = None
    notes: tuple[str, ...] = ()
    """What was found, left out or could not be known, in words."""
    proposals: tuple[Proposal, ...] = ()
    """What a person may do where nothing could be proved."""
    model: str | None = None
    """The model that was asked, None when none was."""
    usage: Usage | None = None
    """What it used."""

    @property
    def best(self) -> Offer | None:
        """The first verified patch."""
        return next((offer for offer in self.offers if offer.verdict.verified), None)
