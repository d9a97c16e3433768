"""Causes by experiment: each failure is run again on the head and on the base until the counts say whose it is."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dspy_ci.causes.cause import Cause, Tally, cause
from dspy_ci.causes.environment import KINDS, outside, outside_of
from dspy_ci.causes.hunk import FileChange, hunks, laid
from dspy_ci.causes.laboratory import Laboratory, ours, present
from dspy_ci.causes.manner import Manner, manner, manner_of
from dspy_ci.causes.narrowing import SpentError
from dspy_ci.causes.stage import Stage
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.sandbox import Copy, Files, TestReport, TestRun
from dspy_ci.ports.trial import CommandTrial, Trial

_COLD = 8
"""Every so manieth run starts a fresh interpreter, with a hash seed of its own."""
_ALONE = 3
"""Runs after which a test that passes alone is run beside all others again."""
_BESIDE = 5
"""Runs of the whole after which a test goes back to being run alone."""
_PATIENCE = 60.0
"""Seconds for one test of the first run."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What shall be told apart."""

    wanted: Mapping[str, Failure] = field(default_factory=dict)
    """By test id, what a log says failed; empty means all that is red on the head."""
    runs: int = 60
    """How often a test runs on either side at the most."""
    modules: frozenset[str] = frozenset()
    """The names of the project's own modules."""


@dataclass
class Suspense:
    """A failure whose cause is not known yet, or is."""

    test: str
    manner: Manner | None
    """How it failed when it was discovered; None when only a log saw that."""
    outside: str | None = None
    head: Tally = field(default_factory=Tally)
    base: Tally = field(default_factory=Tally)
    cause: Cause | None = None
    message: str = ""
    seconds: float = 0.0
    """How long it took when it was discovered."""
    beside: bool = False
    """Whether it is run beside all others, because it passes alone."""
    tried_beside: bool = False
    new: bool = False
    """Whether the base does not have it."""
    is_command: bool = False
    """Whether it is a command as a whole, known by its output."""

    def manner_in(self, report: TestReport) -> Manner:
        """How it failed in a run in which it is red."""
        return manner_of(report.output) if self.is_command else manner(self.test, report.results[self.test])


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The answer: every failure with its cause, the change's own first."""

    found: tuple[Suspense, ...]
    green: int
    """Tests that passed on the head."""
    runs: int
    remembered: int
    seconds: float
    complete: bool = True
    """Whether no budget ended the experiment."""
    problem: str | None = None
    """Why the head says nothing; None when it does."""


_ORDER = ("change", "unreproduced", "flaky", "pre-existing", "environment")


def triage(
    changes: Sequence[FileChange], trial: Trial, lab: Laboratory, asked: Asked, width: int = 2
) -> Iterator[Stage | Verdicts]:
    """Tell for each failure of the head whose it is; the verdicts come last."""
    started = time.monotonic()
    sides = _Sides(trial, lab, laid(changes, hunks(changes)), laid(changes, ()), width)
    try:
        head, base = sides.whole(0)
    except SpentError:
        yield Verdicts((), 0, lab.runs, lab.remembered, time.monotonic() - started, complete=False, problem="no time")
        return
    ours(head, base)
    waiting = _discovered(head, base, asked, is_command=isinstance(trial, CommandTrial))
    yield Stage("test", f"{len(head.red)} red on the head, {len(base.red)} on the base")
    complete, number = True, 0
    try:
        while open_ := [one for one in waiting if one.cause is None]:
            number += 1
            last = number >= asked.runs
            _round(open_, sides, number)
            for one in open_:
                _judge(one, asked, last=last)
                if one.cause:
                    yield Stage("cause", f"{one.test}: {one.cause.label} ({one.cause.why})")
    except SpentError:
        complete = False
        for one in waiting:
            if one.cause is None:
                one.cause = _final(one, asked)
    found = sorted(waiting, key=lambda one: (_ORDER.index(one.cause.label) if one.cause else 0, one.test))
    problem = head.problem if not waiting else None
    yield Verdicts(
        tuple(found), len(head.passed), lab.runs, lab.remembered, time.monotonic() - started, complete, problem
    )


@dataclass(frozen=True)
class _Sides:
    """The head and the base, run side by side."""

    trial: Trial
    lab: Laboratory
    head: Files
    base: Files
    width: int

    def whole(self, number: int) -> tuple[TestReport, TestReport]:
        """All tests on both sides."""
        return self._both(self._with((), number), number)

    def some(self, ids: Sequence[str], number: int, limit: float) -> tuple[TestReport, TestReport]:
        """Some tests on both sides."""
        return self._both(self._with(ids, number, limit), number)

    def _with(self, ids: Sequence[str], number: int, limit: float = _PATIENCE) -> Trial:
        if not isinstance(self.trial, TestRun):
            return self.trial
        cold = number % _COLD == 1
        env = {**self.trial.env, "PYTHONHASHSEED": str(number)} if cold else self.trial.env
        bound = min(self.trial.timeout, 10 + limit * len(ids)) if ids else self.trial.timeout
        return replace(
            self.trial, ids=tuple(sorted(ids)), per_test=limit, cold=cold, seed=number + 1, env=env, timeout=bound
        )

    def _both(self, trial: Trial, number: int) -> tuple[TestReport, TestReport]:
        def run(copy: Copy, files: Files) -> TestReport:
            return present(self.lab.bounded(trial), copy, files)

        if self.width > 1 and self.head != self.base:
            head, base = self.lab.reports(trial, [self.head, self.base], run, number=number)
            return head, base
        (head,) = self.lab.reports(trial, [self.head], run, number=number)
        again = number if self.head != self.base else -number - 1  # the same tree on both sides is run twice
        (base,) = self.lab.reports(trial, [self.base], run, number=again)
        return head, base


def _discovered(head: TestReport, base: TestReport, asked: Asked, *, is_command: bool) -> list[Suspense]:
    names = [name for name in asked.wanted if name in head.results] if asked.wanted else sorted(head.red)
    found = []
    for name in names:
        result = head.results[name]
        one = Suspense(
            name,
            None,
            message=result.message,
            seconds=result.seconds,
            is_command=is_command,
            new=name not in base.results,
        )
        if name not in head.red:
            one.outside = _told(asked.wanted.get(name))
        else:
            one.manner = one.manner_in(head)
            one.outside = outside_of(head.output, asked.modules) if is_command else outside(name, result, asked.modules)
        one.base = _counted(one, one.base, base)
        found.append(one)
    return found


def _told(failure: Failure | None) -> str | None:
    return KINDS.get(failure.kind) if failure else None


def _round(open_: Sequence[Suspense], sides: _Sides, number: int) -> None:
    """One run more of what is open, on both sides."""
    alone = [one for one in open_ if not one.beside]
    beside = [one for one in open_ if one.beside]
    if alone:
        slowest = max(one.seconds for one in alone)
        _count(alone, *sides.some([one.test for one in alone], number, min(_PATIENCE, max(5.0, 10 * slowest))))
    if beside:
        _count(beside, *sides.whole(number))


def _count(some: Collection[Suspense], head: TestReport, base: TestReport) -> None:
    for one in some:
        one.head = _counted(one, one.head, head)
        one.base = _counted(one, one.base, base)


def _counted(one: Suspense, tally: Tally, report: TestReport) -> Tally:
    """The tally with what a report says of the test; a test that did not run at all has not failed in this way."""
    if report.problem and one.test not in report.results and one.test.partition("::")[0] not in report.results:
        return tally.plus(other=True)
    result = report.results.get(one.test)
    if result is None or one.test not in report.red:
        return tally.plus()
    same = one.manner is None or one.manner_in(report).same(one.manner)
    return tally.plus(same=same, other=not same)


def _judge(one: Suspense, asked: Asked, *, last: bool) -> None:
    one.cause = cause(one.head, one.base, outside=one.outside, last=last)
    if last and one.cause:
        one.cause = _final(one, asked)
    if one.cause or one.head.same or one.base.same:
        return
    if not one.beside and not one.tried_beside and one.head.runs >= _ALONE:  # perhaps another test spoils it
        one.beside, one.tried_beside, one.head, one.base = True, True, Tally(), Tally()
    elif one.beside and one.head.runs >= _BESIDE:
        one.beside, one.head, one.base = False, Tally(), Tally()


def _final(one: Suspense, asked: Asked) -> Cause | None:
    """The cause when there will be no more runs."""
    found = cause(one.head, one.base, outside=one.outside, last=True)
    told = _told(asked.wanted.get(one.test))
    if found and found.label == "unreproduced" and told:
        return replace(found, label="environment", why=f"passes here, and the log says that {told}")
    return found
