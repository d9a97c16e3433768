"""Nox: sessions that cannot run, and commands that failed inside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format


def cannot_run(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The session was not found, its interpreter is missing, or the noxfile is broken."""
    del cursor
    yield Failure("nox", "config", match["message"], confidence=LINE)


def command_failed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A command of a session ended with an error; what it printed stands above."""
    del cursor
    yield Failure("nox", "command", match["message"], confidence=WRAPPER)


FORMAT = Format(
    "nox",
    starts={
        r"nox > (?P<message>Sessions not found: .*|Session \S+ skipped: Python interpreter .* not found.*|"
        r"Failed to load Noxfile.*|Program .* not found\.)": cannot_run,
        r"nox > (?P<message>Command .* failed with exit code -?\d+.*|Session \S+ failed.*)": command_failed,
    },
)
