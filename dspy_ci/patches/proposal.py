"""A cure that cannot be proved here, or that a person has to apply: words, a command, a diff; never called a fix."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person may do."""

    cause: str
    """The name of the proposer."""
    text: str
    """Why, in one sentence, and why it is not done for you."""
    command: str | None = None
    diff: str | None = None
    """As `git apply` takes it; nothing ran it."""
