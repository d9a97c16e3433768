"""The proposers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.proposal import Proposal
from dspy_ci.patches.proposals import assertions, fixture, missing_dependency, same_names, stale_lock, workflow
from dspy_ci.suspects.evidence import Evidence


class Proposer(Protocol):
    """What every module of this folder offers."""

    NAME: str

    def proposals(self, failure: Failure, evidence: Evidence) -> Iterator[Proposal]:
        """What a person may do about the failure; nothing when it is not the proposer's business."""
        ...


PROPOSERS: tuple[Proposer, ...] = (missing_dependency, stale_lock, fixture, assertions, same_names, workflow)
MOST = 5


def proposed(evidence: Evidence) -> tuple[Proposal, ...]:
    """What all proposers have to say to all failures, none said twice."""
    found = (one for failure in evidence.failures for by in PROPOSERS for one in by.proposals(failure, evidence))
    return tuple(dict.fromkeys(found))[:MOST]
