"""Where foreign logs are read and foreign code is run: processes of their own that hold no token, and the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class JobLog(NamedTuple):
    """The log of one failed job."""

    job: int
    name: str
    url: str
    data: bytes


class Spot(NamedTuple):
    """What is worked on."""

    commit: str
    base: str = ""
    """The commit that it is to be merged into; its settings count."""


class Made(NamedTuple):
    """What came out of the workshop; whoever reads it must not trust it."""

    text: str
    """A record in JSON; empty where there is none."""
    problem: str = ""
    """Why there is none, in a sentence."""


class Workshop(Protocol):
    """Five benches. None of them raises for what the foreign code does; that is a problem in words."""

    def facts(self, target: str, logs: Sequence[JobLog]) -> Made:
        """What is red, as the logs tell it: a record of facts about a target, which is given in JSON."""
        ...

    def bundle(self, spot: Spot, facts: str, settings: Mapping[str, str]) -> Made:
        """Verified patches for the facts at a commit: a bundle. The settings are those of the base branch."""
        ...

    def triage(self, spot: Spot, facts: str, settings: Mapping[str, str]) -> Made:
        """Whose the failures in the facts are, by runs at a commit and at its base: a bundle without patches."""
        ...

    def score(self, spot: Spot, settings: Mapping[str, str]) -> Made:
        """The score of a commit: a record of `score`."""
        ...

    def edit(self, spot: Spot, task: str, settings: Mapping[str, str]) -> Made:
        """A described change to a commit: a bundle."""
        ...


@dataclass(slots=True)
class ScriptedWorkshop:
    """The twin: answers that were written down before, and what it was asked."""

    answers: Mapping[str, Made] = field(default_factory=dict)
    """By the name of the bench."""
    asked: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)

    def facts(self, target: str, logs: Sequence[JobLog]) -> Made:
        """See Workshop."""
        return self._answer("facts", target, logs)

    def bundle(self, spot: Spot, facts: str, settings: Mapping[str, str]) -> Made:
        """See Workshop."""
        return self._answer("bundle", spot, facts, settings)

    def triage(self, spot: Spot, facts: str, settings: Mapping[str, str]) -> Made:
        """See Workshop."""
        return self._answer("triage", spot, facts, settings)

    def score(self, spot: Spot, settings: Mapping[str, str]) -> Made:
        """See Workshop."""
        return self._answer("score", spot, settings)

    def edit(self, spot: Spot, task: str, settings: Mapping[str, str]) -> Made:
        """See Workshop."""
        return self._answer("edit", spot, task, settings)

    def _answer(self, bench: str, *what: object) -> Made:
        self.asked.append((bench, what))
        return self.answers.get(bench, Made("", "nothing was written down for this"))
