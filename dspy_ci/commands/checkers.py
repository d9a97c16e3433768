"""Which type checker and linter count: what the user named, else what the repository configures."""

from __future__ import annotations

import shlex
import sys

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.errors import UsageError
from dspy_ci.ports.testcommand import TestCommand
from dspy_ci.settings import Settings
from dspy_ci.verdicts.check import Check, Part
from dspy_ci.verdicts.checks import configured, given


def checks(code: Snapshot, command: TestCommand, wanted: Settings) -> tuple[Check, ...]:
    """At most one checker per part; an empty command switches its part off. Raises UsageError."""
    found: dict[Part, Check] = {check.part: check for check in configured(code, command.python or sys.executable)}
    named: tuple[tuple[Part, str | None], ...] = (("types", wanted.type_cmd), ("lint", wanted.lint_cmd))
    for part, text in named:
        if text is not None:
            found.pop(part, None)
        if text:
            found[part] = given(part, text, _words(text))
    return tuple(found.values())


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"the command {text!r} cannot be read: {error}") from None
