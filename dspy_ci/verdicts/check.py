"""Type checkers and linters: how they are called, and which diagnostics they print."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dspy_ci.ports.sandbox import NOTHING, Command, Copy, Files
from dspy_ci.verdicts.verdict import CheckDelta

Part = Literal["types", "lint"]

_DIAGNOSTIC = re.compile(r"\s*(?P<path>[^\s:][^:\n]*?):(?P<line>\d+)(?::\d+)?(?:-\d+)?:?\s+(?:- )?(?P<message>\S.*)")
_NOTE = re.compile(r"(?:note|info|information):", re.IGNORECASE)
_NUMBERS = re.compile(r"\b\d+\b")
_ABSENT = re.compile(r"No module named|not found|No such file or directory|cannot be run", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Check:
    """One checker of the project."""

    part: Part
    tool: str
    commands: tuple[Command, ...]
    """Tried in order until one is installed."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a checker printed about one state of the code."""

    check: Check
    diagnostics: Counter[str] | None
    """Path and message without line numbers, with how often; None when the checker could not say."""
    note: str = ""
    """Why not."""


def look(check: Check, copy: Copy, files: Files = NOTHING) -> Findings:
    """Run a checker with the files laid over the copy."""
    note = f"{check.tool} is configured, but not installed"
    for command in check.commands:
        outcome = copy.run(command, files)
        found = Counter(diagnostics(outcome.output.replace(f"{copy.root}/", "")))
        if outcome.code == 0 or (outcome.code is not None and outcome.code > 0 and found):
            return Findings(check, found)
        if outcome.code is None:
            return Findings(check, None, f"{check.tool} took longer than {command.timeout:g} s")
        if not _ABSENT.search(outcome.output):
            note = f"{check.tool} failed with exit code {outcome.code}"
    return Findings(check, None, note)


def diagnostics(output: str) -> Iterable[str]:
    """Each diagnostic as path and message, in the common form `path:line: message`; notes are left out."""
    for line in output.splitlines():
        match = _DIAGNOSTIC.fullmatch(line)
        if match and not _NOTE.match(match["message"]):
            yield f"{match['path']}: {_NUMBERS.sub('#', match['message'].strip())}"


def delta(before: Findings, after: Findings) -> CheckDelta | None:
    """What changed between two states; None when one of them is unknown."""
    if before.diagnostics is None or after.diagnostics is None:
        return None
    return CheckDelta(
        tool=before.check.tool,
        new=tuple(sorted((after.diagnostics - before.diagnostics).elements())),
        fixed=tuple(sorted((before.diagnostics - after.diagnostics).elements())),
        before=before.diagnostics.total() if hasattr(before.diagnostics, "total") else sum(before.diagnostics.values()),
        after=sum(after.diagnostics.values()),
    )
