"""Failures in at most twenty lines, root cause first: what a hook may print."""

from __future__ import annotations

from collections.abc import Iterable

from dspy_ci.failures.failure import Failure

_ORDER = ("conflict-marker", "invalid-syntax", "forgotten-file", "missing-module", "removed-name")
LINES = 20


def brief(failures: Iterable[Failure], lines: int = LINES) -> str:
    """One line for each failure and one for the command that mends those before it; the rest is counted."""
    groups: dict[tuple[str | None, str | None, str | None], list[Failure]] = {}
    for failure in sorted(failures, key=_rank):
        command = failure.fixable_hint.text if failure.fixable_hint else None
        groups.setdefault((failure.code, failure.symbol, command), []).append(failure)
    written: list[str] = []
    left = sum(map(len, groups.values()))
    for (_, _, command), group in groups.items():
        room = lines - len(written) - 2  # the command, and the count of what is left out
        shown = group[: max(0, room)]
        written += [line(failure) for failure in shown]
        written += [f"  mend: {command}"] if shown and command else []
        left -= len(shown)
    return "".join(f"{line}\n" for line in [*written, *([f"and {left} more"] if left else [])])


def _rank(failure: Failure) -> tuple[int, str, int]:
    place = _ORDER.index(failure.code) if failure.code in _ORDER else len(_ORDER)
    return place, failure.file or "", failure.line or 0


def line(failure: Failure) -> str:
    """One failure in one line."""
    at = ":".join(str(part) for part in (failure.file, failure.line, failure.col) if part)
    first = plain(failure.message.strip().partition("\n")[0])
    return f"{at}: {first}" + (f" [{failure.code}]" if failure.code else "") if at else first


def plain(text: str) -> str:
    """Without control characters: names in the code are data."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
