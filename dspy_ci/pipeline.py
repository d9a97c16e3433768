"""The conductor: from a red repository to a verified patch, one event per step."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.errors import UsageError
from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.failures.failure import Failure
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.repo import Repo
from dspy_ci.ports.sandbox import Copy, Sandbox, TestReport, TestRun
from dspy_ci.reports import words
from dspy_ci.reports.fix import FixReport, FixStatus, Offer
from dspy_ci.search import Budget, Case, Finished, Plausible, Trying, search
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.rank import rank
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.verdicts.verdict import State, TestDelta, Verdict

_HISTORY = 5
"""How many commits back a change counts as recent."""
_TRACED = 200
"""How many passing tests are traced beside the failing ones, the quickest first."""
_QUICK = 2.0
"""Seconds after which a test is looked at a second time, with more patience."""
_PROOF = 0.25
"""The share of the budget that is kept for proving what the search found."""


@dataclass(frozen=True, slots=True)
class Task:
    """What shall become green."""

    command: str
    """The test command as a person would type it."""
    run: TestRun
    """The same, as the sandbox runs it."""
    budget: float
    """Seconds from the first test run to the last."""
    max_patches: int = 3
    workers: int = 1
    seed: int = 0
    wanted: frozenset[str] = frozenset()
    """Mend only these test ids, as a log named them; empty means all that are red."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stage that is over, and what it found."""

    stage: str
    text: str


Event = Step | Trying | Plausible | FixReport


def mend(task: Task, repo: Repo, sandbox: Sandbox) -> Iterator[Event]:
    """Find what is red and why, search for patches, prove the best ones; the report comes last.

    Raises UsageError when there is nothing to run, SandboxError when no copy could be made.
    """
    clock = _Clock(task.budget)
    with ExitStack() as stack:
        copies = [stack.enter_context(sandbox.open())]
        base = reproduced(task, copies[0])
        red = base.red & task.wanted if task.wanted else base.red
        story = FixReport("green", words.green(base, task.wanted), task.command, guarantees=sandbox.guarantees)
        yield Step("test", words.counted(base))
        if not red:
            yield replace(story, seconds=clock.spent)
            return
        diagnosis = diagnose(pages_of([base.output.encode()]), checkouts=(repo.root, copies[0].root))
        roots = [diagnosis.root(fingerprint) for fingerprint in diagnosis.roots]
        story = replace(story, failures=diagnosis.open, cause=words.cause(roots))
        yield Step("explain", story.cause or "the output names no failure")
        evidence = gathered(task, repo, copies[0], base=base, failures=diagnosis.open, red=red)
        story = replace(story, suspects=rank(evidence))
        yield Step("suspect", words.suspected(story.suspects))
        copies += [stack.enter_context(sandbox.open()) for _ in range(1, task.workers)]
        found = yield from searched(_case(task, evidence, story.suspects, base), copies, clock)
        story = replace(story, tried=found.tried, offers=proved(task, found.patches, base, red, copies[0]))
        yield Step("prove", words.proved(story.offers))
        status, summary = outcome(story)
        yield replace(story, status=status, summary=summary, seconds=clock.spent)


def reproduced(task: Task, copy: Copy) -> TestReport:
    """The tests as they are now; what is slow gets a second, longer look, what is endless is red.

    Raises UsageError when the run says nothing about the code.
    """
    base = copy.test(replace(task.run, per_test=_QUICK))
    slow = tuple(name for name, result in base.results.items() if "ran longer than" in result.message)
    if slow:
        patience = max(10.0, task.budget / 6)
        again = copy.test(replace(task.run, ids=slow, per_test=patience, timeout=2 * patience))
        base = replace(base, results={**base.results, **again.results})
    if base.problem:
        raise UsageError(
            f"{base.problem}: {task.command}\n{words.tail(base.output)}".strip(),
            hint="name the tests, for example with --test-cmd 'pytest -q tests'",
        )
    return base


def gathered(
    task: Task, repo: Repo, copy: Copy, *, base: TestReport, failures: tuple[Failure, ...], red: frozenset[str]
) -> Evidence:
    """What is known about the red run: the code, the executed lines of its tests, what changed recently."""
    quick = sorted(base.passed, key=lambda name: (base.results[name].seconds, name))[:_TRACED]
    known = sum(base.results[name].seconds for name in (*red, *quick))
    ids = (*sorted(red), *sorted(quick))
    traced = copy.test(replace(task.run, ids=ids, trace=True, per_test=2 * _QUICK, timeout=10 + 10 * known))
    return Evidence(
        snapshot=Snapshot(repo.paths(), repo.read),
        failures=failures,
        lines=traced.lines,
        red=red,
        green=base.passed,
        changes=tuple(repo.changes(_HISTORY)),
    )


def searched(case: Case, copies: Sequence[Copy], clock: _Clock) -> Generator[Event, None, Finished]:
    """Pass on what the search tells; its end is the value."""
    for event in search(case, copies, Budget(clock.left * (1 - _PROOF))):
        if isinstance(event, Finished):
            yield Step("search", words.searched(event.tried, event.seconds, len(event.patches), event.reason))
            return event
        yield event
    raise AssertionError("a search ends with Finished")


def proved(
    task: Task, patches: Sequence[Patch], base: TestReport, red: frozenset[str], copy: Copy
) -> tuple[Offer, ...]:
    """Judge plausible patches in full, best first, until enough are verified or the time is spent."""
    offers: list[Offer] = []
    for patch in patches:
        if sum(offer.verdict.verified for offer in offers) == task.max_patches:
            break
        report = copy.test(replace(task.run, cold=True, per_test=10), patch.files)
        mended = report.mended(red)
        lost = base.passed - report.passed
        good = not report.problem and mended == red and not lost and not report.foreign
        state = State.VERIFIED if good else State.REJECTED
        kept = len(base.passed & report.passed)
        delta = TestDelta(tuple(sorted(mended)), tuple(sorted(red - mended)), tuple(sorted(lost)), kept)
        offers.append(Offer(patch, Verdict(state, "temporary", tests=delta)))
    return tuple(sorted(offers, key=lambda offer: not offer.verdict.verified))


def outcome(story: FixReport) -> tuple[FixStatus, str]:
    """The status of the run and its sentence."""
    best = story.best
    if best is None:
        return "unfixed", words.unfixed(story)
    return "fixed", words.fixed(best)


def _case(task: Task, evidence: Evidence, suspects: tuple[Suspect, ...], base: TestReport) -> Case:
    return Case(
        evidence,
        suspects,
        task.run,
        seconds={name: result.seconds for name, result in base.results.items()},
        messages={name: base.results[name].message for name in evidence.red},
        seed=task.seed,
    )


class _Clock:
    """What is left of the budget."""

    def __init__(self, budget: float) -> None:
        self._budget, self._started = budget, time.monotonic()

    @property
    def spent(self) -> float:
        return time.monotonic() - self._started

    @property
    def left(self) -> float:
        return max(0.0, self._budget - self.spent)
