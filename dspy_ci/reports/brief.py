"""Failures in at most twenty lines, root cause first: what a hook may print."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dspy_ci.failures.failure import Failure
from dspy_ci.reports.fix import FixReport

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
        written += [_line(failure) for failure in shown]
        written += [f"  mend: {command}"] if shown and command else []
        left -= len(shown)
    return "".join(f"{line}\n" for line in [*written, *([f"and {left} more"] if left else [])])


def brief_push(tests: Collection[str], ran: int, report: FixReport, lines: int = LINES) -> str:
    """Why a push is stopped: what is red, why, and the patch with the command that applies it."""
    names = sorted(tests)
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    head = [f"{len(names)} of the {ran} tests that this push can reach turned red: {names[0]}{more}"]
    head += [_line(failure) for failure in report.failures[:3]]
    if report.best is None:
        return "".join(f"{_plain(line)}\n" for line in [*head, report.summary])
    patch = report.best.patch
    shown = [f"a patch was verified: {patch.rationale}"]
    end = [f"  mend: dspy-ci apply {patch.id}"]
    diff = patch.diff.splitlines()
    room = lines - len(head) - len(shown) - len(end)
    if len(diff) > room:
        diff = [*diff[: room - 1], f"and {len(diff) - room + 1} more lines"]
    return "".join(f"{_plain(line)}\n" for line in [*head, *shown, *diff, *end])


def _rank(failure: Failure) -> tuple[int, str, int]:
    place = _ORDER.index(failure.code) if failure.code in _ORDER else len(_ORDER)
    return place, failure.file or "", failure.line or 0


def _line(failure: Failure) -> str:
    at = ":".join(str(part) for part in (failure.file, failure.line, failure.col) if part)
    first = _plain(failure.message.strip().partition("\n")[0])
    return f"{at}: {first}" + (f" [{failure.code}]" if failure.code else "") if at else first


def _plain(text: str) -> str:
    """Without control characters: names in the code are data."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
