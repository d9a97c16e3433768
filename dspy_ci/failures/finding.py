"""What a format can find: failures, and what helps to judge them."""

from __future__ import annotations

from typing import NamedTuple

from dspy_ci.failures.failure import Failure


class Tally(NamedTuple):
    """How many failures a tool itself says there are, in its trailer."""

    tool: str
    expected: int
    step: str | None = None
    job: str | None = None


class Workspace(NamedTuple):
    """A folder that the log shows to be the checkout."""

    folder: str


class Ended(NamedTuple):
    """The CI system says how a step ended."""

    code: int | None
    """The exit code, where it is told."""
    message: str
    step: str | None = None
    job: str | None = None
    number: int = 0
    """The line that says so."""


Finding = Failure | Tally | Workspace | Ended
