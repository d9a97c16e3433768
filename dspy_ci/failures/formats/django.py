"""Django's management commands: system checks and migrations that were not written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format

_ISSUE = re.compile(r"(?P<message>(?P<symbol>\S+): \((?P<code>[\w.]+\.[EC]\d+)\) .+)")
_ACTION = re.compile(r"    [-+~] ")


def checks(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The issues that the system check framework lists, without file or line."""
    del match
    while (text := cursor.peek()) is not None and not text.startswith("System check identified"):
        cursor.take()
        if issue := _ISSUE.match(text):
            yield Failure(
                "django",
                "config",
                issue["message"],
                symbol=issue["symbol"],
                code=issue["code"],
                log_span=(cursor.number, cursor.number),
                confidence=LINE,
            )


def migrations(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`makemigrations --check` prints the plan and exits with 1; written migrations look the same."""
    del match
    while (path := re.match(r"  (?P<file>\S+\.py)$", cursor.peek() or "")) is not None:
        cursor.take()
        actions = [text.strip() for text in cursor.take_while(_ACTION.match, limit=500)]
        hint = Hint("command", "python manage.py makemigrations")
        message = "; ".join(actions) or "a migration is missing"
        yield Failure("django", "config", message, file=path["file"], confidence=WRAPPER, fixable_hint=hint)


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`System check identified 2 issues`, the trailer."""
    del cursor
    yield Tally("django", int(match["count"]))


FORMAT = Format(
    "django",
    starts={
        r"(?:\S+\.)?SystemCheckError: System check identified some issues:": checks,
        r"Migrations for '[\w.]+':$": migrations,
        r"System check identified (?P<count>[1-9]\d*) issues? \(": total,
    },
)
