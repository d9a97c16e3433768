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

_DIAGNOSTIC = re.compile(
    r"\s*(?:(?:ERROR|WARN|WARNING)\s+)?(?P<path>[^\s:][^:\n]*?)"
    r":\d+(?::\d+)?(?:-\d+)?(?::\s*|\s+)(?:- )?(?P<message>\S.*)"
)
"""`path:line: message`, as nearly everybody writes it; pyrefly puts a word in front."""
_BRACKETED = re.compile(r"(?P<path>[^\s(][^(\n]*)\(\d+,\d+\): (?P<message>\S.*)")
"""What tsc writes."""
_ROW = re.compile(r"\s+\d+:\d+\s+(?P<message>(?:error|warning)\s.*)")
"""What eslint writes below the name of a file."""
_HOOK = re.compile(r"- hook id: (?P<path>\S+)|(?:Fixing|reformatted|would reformat) (?P<touched>\S.*)")
"""What pre-commit writes of a hook that failed, and what hooks write of files that they would change."""
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
    """Each diagnostic as path and message, in the forms that the checkers of our table print; notes are left out."""
    header = ""
    for line in output.splitlines():
        match = _DIAGNOSTIC.fullmatch(line) or _BRACKETED.fullmatch(line)
        if header and (row := _ROW.fullmatch(line)):
            yield _normal(header, row["message"])
        elif match and not _NOTE.match(match["message"]):
            yield _normal(match["path"], match["message"])
        elif hook := _HOOK.fullmatch(line):
            yield _normal(hook["path"] or hook["touched"], "failed" if hook["path"] else "is changed by a hook")
        elif line and not line[0].isspace():
            header = line


def _normal(path: str, message: str) -> str:
    """Without what moves when code moves: numbers, and the width of columns."""
    return f"{path}: {_NUMBERS.sub('#', ' '.join(message.split()))}"


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
