"""Tox: environments that cannot be made, and commands that failed inside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format


def no_environment(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The environment could not be created: an interpreter is missing, or the configuration is wrong."""
    del cursor
    yield Failure("tox", "config", match["message"], symbol=match["env"], confidence=LINE)


def command_failed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A command of an environment ended with an error; what it printed stands above."""
    del cursor
    yield Failure("tox", "command", match[0], symbol=match["env"], confidence=WRAPPER)


_ENV = r"(?P<env>[\w.-]+)"
FORMAT = Format(
    "tox",
    starts={
        rf"{_ENV}: failed with (?P<message>.+)": no_environment,
        rf"ERROR:\s+{_ENV}: (?P<message>InterpreterNotFound: .+|could not install deps .+)": no_environment,
        rf"{_ENV}: exit -?\d+ \(.*": command_failed,
        r"ERROR: InvocationError for command (?P<env>\S+).*": command_failed,
    },
)
