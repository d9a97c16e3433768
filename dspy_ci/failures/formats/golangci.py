"""golangci-lint and the Go linters that name themselves in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import COLUMN, Format

_KINDS: dict[str, Kind] = {
    "typecheck": "compile", "gofmt": "format", "goimports": "format", "gofumpt": "format", "gci": "format",
    "golines": "format", "gosec": "security",
}  # fmt: skip
_FILE = r"(?P<file>(?:[A-Za-z]:[\\/])?[^\s:()\[\]'\"`,;|<>]+\.go):(?P<line>\d+)"


def issue(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path.go:5:2: message (linter)`, then the source and a caret."""
    if re.match(r"\s*\^$", cursor.peek(1) or ""):
        cursor.take()
        cursor.take()
    kind = _KINDS.get(match["linter"], "lint")
    yield Failure(
        "golangci-lint",
        kind,
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]) if match["col"] else None,
        code=match["linter"],
        confidence=BLOCK,
        fixable_hint=Hint("command", "golangci-lint run --fix") if kind == "format" else None,
    )


def broken(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`level=error msg="..."`: it could not run."""
    del cursor
    message = match["message"].replace('\\"', '"')
    kind: Kind = "timeout" if "Timeout exceeded" in message or "deadline exceeded" in message else "config"
    yield Failure("golangci-lint", kind, message, confidence=LINE)


FORMAT = Format(
    "golangci",
    starts={
        rf"{_FILE}{COLUMN}: (?P<message>.+) \((?P<linter>[a-z][\w-]*|SA\d+|S\d+|ST\d+|U\d+)\)$": issue,
        r'level=error msg="(?:\[[^\]]*\] )?(?P<message>(?:Running error|Timeout exceeded|Can\'t|can\'t'
        r'|unknown linters|The command is).*?)"$': broken,
    },
)
