"""The repository as it is, measured in the sandbox before anything is changed."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from dspy_ci.ports.sandbox import Copy, TestReport, TestRun
from dspy_ci.ports.trial import Trial, observe
from dspy_ci.verdicts.check import Check, Findings, look

_SHORTEST_LIMIT = 5.0
"""Seconds that every test may take, however quick it was."""
_SLOWER = 10
"""How many times slower than on the base a run may be before it has failed."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was red and what was green before."""

    trial: Trial
    """How it was run, with limits that follow from what the tests took."""
    report: TestReport
    """The first run."""
    targets: frozenset[str]
    """Red in every run: what a patch must turn green."""
    passing: frozenset[str]
    """Passed in every run: what a patch must not lose."""
    unstable: frozenset[str]
    """Ended differently in two runs of the same code; they count neither way."""
    findings: Mapping[str, Findings] = field(default_factory=dict)
    """By part, `types` and `lint`: what the configured checkers say."""
    runs: int = 1
    seconds: float = 0.0

    @property
    def problem(self) -> str | None:
        """Why no verdict can stand on this baseline; None when one can."""
        return self.report.problem

    @property
    def green(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.problem and not self.targets and not self.unstable


def measure(
    copy: Copy, trial: Trial, checks: Iterable[Check] = (), *, targets: Collection[str] = (), repeats: int = 2,
    first: TestReport | None = None,
) -> Baseline:  # fmt: skip
    """Run the whole trial, run what is red again, and every checker once.

    With `targets`, only those of them that are red count as targets. The first run, which the caller may bring, may be
    warm, a repetition is cold, so what depends on how pytest is started shows as unstable.
    """
    started = time.monotonic()
    first = first or observe(trial, copy)
    again = [_again(trial, copy, first, cold=number % 2 == 0) for number in range(repeats - 1)]
    unstable = _unstable([first, *again])
    red = first.red - unstable
    return Baseline(
        trial=_limited(trial, first),
        report=first,
        targets=frozenset(red & set(targets) if targets else red),
        passing=first.passed - unstable,
        unstable=unstable,
        findings={check.part: look(check, copy) for check in checks},
        runs=1 + len(again),
        seconds=time.monotonic() - started,
    )


def _again(trial: Trial, copy: Copy, first: TestReport, *, cold: bool) -> TestReport:
    """Repeat all when that is cheap, else only what is red."""
    cheap = first.seconds < 20 or not first.red
    return observe(trial, copy, ids=() if cheap else first.red, cold=cold)


def _unstable(reports: list[TestReport]) -> frozenset[str]:
    """The ids whose result differs between two runs that both hold it."""
    return frozenset(
        name
        for one, two in pairwise(reports)
        for name in one.results.keys() & two.results.keys()
        if one.results[name].status != two.results[name].status
    )


def _limited(trial: Trial, report: TestReport) -> Trial:
    """The trial with a limit for each test and for the run, many times what the base took."""
    if not isinstance(trial, TestRun):
        return replace(trial, command=replace(trial.command, timeout=_bound(trial.command.timeout, report.seconds)))
    slowest = max((result.seconds for result in report.results.values()), default=0.0)
    per_test = trial.per_test or max(_SHORTEST_LIMIT, _SLOWER * slowest)
    return replace(trial, per_test=per_test, timeout=_bound(trial.timeout, report.seconds))


def _bound(timeout: float, seconds: float) -> float:
    return min(timeout, max(30.0, _SLOWER * seconds))
