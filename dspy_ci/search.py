"""The search for a patch: candidates in order of promise, judged on the failing tests, partial progress kept.

    case = Case(evidence, rank(evidence), TestRun(python, timeout=60), seconds)
    for event in search(case, copies, Budget(60)):
        match event: Trying (for a progress line) | Plausible (all targets pass, no guard lost) | Finished (always last)

`Finished.patches` holds the plausible patches, the one to offer first in front. The caller judges them in full.
Each copy gets a thread of its own; the caller opens and closes the copies. SandboxError passes through.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue

from dspy_ci.patches.candidates import sheaves
from dspy_ci.patches.fixers.table import fixes
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Copy, TestRun
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.trials.frontier import Frontier, Step
from dspy_ci.trials.jury import Jury, jury
from dspy_ci.trials.rivals import Court, settled
from dspy_ci.trials.screen import screened
from dspy_ci.trials.trial import Trial

_COMPARING = 0.2
"""The share of the time, beside it, that comparing the plausible patches may take."""
_SINGLE = 8
"""So many candidates are tried one by one before many are screened together: most bugs end here, at once."""
_SLOW = 3.0
"""Seconds after which they are screened together even so: where collecting the tests takes long, once is enough."""
_ALTERNATIVES = 4.0
"""Seconds for looking for alternatives, even when the first patch was found sooner."""
_RIVALS = 400
"""How many alternatives are tried at most, beside as many as it took to find the first patch."""
_BATCHES = (50, 100, 200)
"""How many candidates are screened together, the first time, the second time, from then on."""


@dataclass(frozen=True)
class Case:
    """A red run, and what is needed to run it again."""

    evidence: Evidence
    """Snapshot, failures, red and green ids, executed lines, recent changes."""
    suspects: tuple[Suspect, ...]
    run: TestRun
    """How tests are run here; ids, limits and tracing are set by the search."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long each test took on the base."""
    messages: Mapping[str, str] = field(default_factory=dict)
    """What each red test said on the base."""
    first: tuple[Patch, ...] = ()
    """Patches to try before all others, beside what the fixers say: hints of the log, ruff."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to search."""

    seconds: float
    candidates: int | None = None
    more: float = 0.2
    """The share of the time that may go into alternatives once a plausible patch is known."""


@dataclass(frozen=True, slots=True)
class Trying:
    """A candidate was tried."""

    patch: Patch
    tried: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Plausible:
    """A candidate made all targets pass and no guard fail."""

    patch: Patch
    tried: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The search is over."""

    patches: tuple[Patch, ...]
    """Plausible ones, best first."""
    tried: int
    seconds: float
    reason: str
    first: int | None = None
    """How many had been tried when the first plausible one came; None when none came."""


Event = Trying | Plausible | Finished


def search(case: Case, copies: Sequence[Copy], budget: Budget) -> Iterator[Event]:
    """Try candidates until the budget is spent; the first plausible one shortens what is left."""
    clock = _Clock(budget)
    court = jury(case.evidence, case.suspects, case.run, seconds=case.seconds, messages=case.messages)
    frontier = Frontier(case.evidence, case.suspects)
    frontier.add((*case.first, *fixes(case.evidence)), factor=10.0)
    frontier.open(sheaves(case.evidence.snapshot, case.suspects, case.evidence.priors))
    found: list[Patch] = []
    tried, first = 0, None
    for step, trial in _trials(court, frontier, copies, clock):
        tried += 1
        yield Trying(trial.patch, tried, clock.seconds)
        if trial.plausible:
            found.append(trial.patch)
            first = first or tried
            clock.found(step.priority, tried)
            yield Plausible(trial.patch, tried, clock.seconds)
        else:
            frontier.grow(trial, step)
    until = clock.started + clock.seconds + _COMPARING * budget.seconds
    patches = settled(found, Court(case.evidence, court, copies[0], case.seed, until))
    yield Finished(patches, tried, clock.seconds, clock.reason, first)


class _Clock:
    """When to stop, and why."""

    def __init__(self, budget: Budget) -> None:
        self.budget, self.started = budget, time.monotonic()
        self.first: tuple[float, float] | None = None
        self.enough: int | None = None
        self.reason = "all candidates were tried"

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """Seconds until the hard end: of the budget, or of the share of it that alternatives may take."""
        end = self.budget.seconds
        if self.first:
            end = min(end, self.first[0] + max(_ALTERNATIVES, end * self.budget.more))
        return max(0.0, end - self.seconds)

    def found(self, priority: float, tried: int) -> None:
        """The first find: what cures a named cause leaves little room for guesses."""
        if self.first is None:
            self.first = (self.seconds, priority)
            self.enough = 2 * tried + _RIVALS

    def over(self, tried: int, priority: float) -> bool:
        """Whether the next candidate, of that priority, should not be tried any more."""
        if self.seconds >= self.budget.seconds:
            self.reason = "the time is spent"
        elif self.budget.candidates is not None and tried >= self.budget.candidates:
            self.reason = "the candidates are spent"
        elif self.enough is not None and tried >= self.enough:
            self.reason = "enough alternatives were tried"
        elif self.first and self._is_late(self.first, priority):
            self.reason = "the time for alternatives is spent"
        elif self.first and priority < self.first[1] * 0.1:
            self.reason = "what is left is far less likely than what was found"
        else:
            return False
        return True

    def _is_late(self, first: tuple[float, float], priority: float) -> bool:
        """Equals of the first find get more time than the others."""
        since, best = first
        soft = self.seconds > since + max(_ALTERNATIVES, since)
        return self.left <= 0 or (soft and priority < 0.8 * best)


def _trials(court: Jury, frontier: Frontier, copies: Sequence[Copy], clock: _Clock) -> Iterator[tuple[Step, Trial]]:
    """Trials in the order of their submission; each copy works on one batch of candidates at a time."""
    idle: SimpleQueue[Copy] = SimpleQueue()
    idle.put(copies[0])

    def work(steps: Sequence[Step]) -> list[tuple[Step, Trial]]:
        copy = idle.get()
        try:
            return list(_judged(steps, court, copy, clock))
        finally:
            idle.put(copy)

    waiting: deque[Future[list[tuple[Step, Trial]]]] = deque()
    submitted = batches = 0
    busy = 1  # a second copy takes a while to warm up: most searches are over by then
    pool = ThreadPoolExecutor(len(copies))
    try:
        while True:
            while len(waiting) < busy + (busy > 1):
                single = submitted < _SINGLE and (clock.seconds < _SLOW or not submitted)
                size = 1 if single else _BATCHES[0 if clock.first else min(batches, len(_BATCHES) - 1)]
                steps = _taken(frontier, size, clock, submitted)
                if not steps:
                    break
                batches += size > 1
                submitted += len(steps)
                waiting.append(pool.submit(work, steps))
            if busy == 1 and batches > 1 and not clock.first:
                busy = len(copies)
                for copy in copies[1:]:
                    idle.put(copy)
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:  # an interrupted search does not wait for its batches: they end with their copies
        pool.shutdown(wait=False, cancel_futures=True)


def _taken(frontier: Frontier, size: int, clock: _Clock, tried: int) -> list[Step]:
    steps: list[Step] = []
    while len(steps) < size:
        step = frontier.take()
        if step is None or clock.over(tried + len(steps), step.priority):
            break
        steps.append(step)
    return steps


def _judged(steps: Sequence[Step], court: Jury, copy: Copy, clock: _Clock) -> Iterator[tuple[Step, Trial]]:
    """Screen many at once where that can be; what passes the screen, or cannot be screened, goes before the jury."""
    seen = screened([step.patch for step in steps], court, copy, clock.left) if len(steps) > 1 else {}
    for step in steps:
        trial = seen.get(step.patch.edits)
        if trial is None and clock.left <= 0:
            return
        yield step, trial if trial and not trial.plausible else court.trial(step.patch, copy)
