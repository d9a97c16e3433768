"""Why a push is stopped, in at most twenty lines."""

from __future__ import annotations

from collections.abc import Collection

from dspy_ci.failures.failure import Failure
from dspy_ci.reports.brief import LINES, line, plain
from dspy_ci.reports.fix import FixReport


def push_text(tests: Collection[str], ran: int, report: FixReport, lines: int = LINES) -> str:
    """Why a push is stopped: what is red, why, and the patch with the command that applies it."""
    names = sorted(tests)
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    said = f"{len(names)} of the {ran} tests that this push can reach turned red: {names[0]}{more}" if names else ""
    head = [said or "the tests that this push can reach do not run any more"]
    head += [line(failure) for failure in _blamed(report, tests)[:3]]
    if report.best is None:
        return "".join(f"{plain(text)}\n" for text in [*head, report.summary])
    patch = report.best.patch
    shown = [f"a patch was verified: {patch.rationale}"]
    end = [f"  mend: dspy-ci apply {patch.id}"]
    diff = patch.diff.splitlines()
    room = lines - len(head) - len(shown) - len(end)
    if len(diff) > room:
        diff = [*diff[: room - 1], f"and {len(diff) - room + 1} more lines"]
    return "".join(f"{plain(text)}\n" for text in [*head, *shown, *diff, *end])


def _blamed(report: FixReport, tests: Collection[str]) -> list[Failure]:
    """The failures of the tests that the push broke, without those of tests that were red anyway."""
    return [failure for failure in report.failures if not failure.test_id or failure.test_id in tests]
