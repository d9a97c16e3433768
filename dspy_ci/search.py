"""The search for a patch: candidates in order of promise, judged on the failing tests, partial progress kept.

    case = Case(evidence, rank(evidence), TestRun(python, timeout=60), seconds)
    for event in search(case, copies, Budget(60)):
        match event: Trying (for a progress line) | Plausible (all targets pass, no guard lost) | Finished (always last)

`Finished.patches` holds the plausible patches, the one to offer first in front. The caller judges them in full.
Each copy gets a thread of its own; the caller opens and closes the copies. SandboxError passes through.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from queue import SimpleQueue

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.candidates import Known, candidates, merged
from dspy_ci.patches.fixers.table import fixes
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Copy, TestReport, TestRun
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.suspect import Suspect

BEAM = 3
"""How many patches that mend the same tests are built upon."""


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
    overhead: float = 1.0
    """How long a run takes beside its tests: start-up, collection."""
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
    more: float = 0.35
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


Event = Trying | Plausible | Finished


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one candidate."""

    patch: Patch
    fixed: frozenset[str]
    lost: frozenset[str]
    gain: float
    """How much nearer to green than the base, 1.0 for all the way."""

    @property
    def plausible(self) -> bool:
        """Whether it got all the way."""
        return self.gain >= 1.0


class Jury:
    """Runs candidates on the tests that matter: the red ones, and the green ones that the change could break."""

    def __init__(self, case: Case) -> None:
        """Choose guards and limits from what the base run took."""
        self.targets = tuple(sorted(case.evidence.red))
        self.guards = _guards(case)
        self.messages = case.messages
        known = [case.seconds.get(name, 0.0) for name in (*self.targets, *self.guards)]
        slowest = max((case.seconds.get(name, 0.0) for name in self.guards), default=0.0)
        self.quick = sum(known) < 1.0
        per_test = min(10.0, max(0.3, 5 * slowest))
        whole = 3 * case.overhead + 1.5 * per_test + 3 * sum(min(seconds, per_test) for seconds in known)
        self.run = replace(case.run, per_test=per_test, timeout=whole, trace=False, cold=False)

    def trial(self, patch: Patch, copy: Copy) -> Trial:
        """Try a candidate; targets first, guards only when a target was mended."""
        files = patch.files
        first = self.targets if self.quick else self.targets[:1]
        report = copy.test(replace(self.run, ids=first, stop_at_first=not self.quick), files)
        fixed = report.passed & frozenset(self.targets)
        rest = tuple(name for name in self.targets if name not in first)
        if fixed and rest:
            report = copy.test(replace(self.run, ids=rest, stop_at_first=False), files)
            fixed |= report.passed & frozenset(rest)
        if not fixed:
            return Trial(patch, fixed, frozenset(), self._nearer(report))
        lost: frozenset[str] = frozenset()
        if self.guards:
            whole = len(fixed) == len(self.targets)
            kept = copy.test(replace(self.run, ids=self.guards, stop_at_first=whole and not self.quick), files).passed
            lost = frozenset(self.guards) - kept
        gain = (len(fixed) - len(lost)) / len(self.targets)
        return Trial(patch, fixed, lost, gain if not lost else min(gain, 0.9))

    def _nearer(self, report: TestReport) -> float:
        """A little gain when a target now fails with another kind of error, or at a later assertion."""
        changed = 0
        for name in report.red:
            before, after = _error(self.messages.get(name, "")), _error(report.results[name].message)
            changed += bool(before and after and before != after and before not in after)
        return 0.0 if not changed else 0.02 * changed / len(self.targets)


def _error(message: str) -> str:
    """The class of the exception that a failure's text ends with."""
    lines = [line[2:] for line in message.splitlines() if line.startswith("E ")]
    head = lines[0].strip() if lines else ""
    return head.split(":")[0] if ":" in head else ""


def _guards(case: Case) -> tuple[str, ...]:
    """Passing tests that run a suspect file, quick ones first, as many as fit into a second."""
    evidence, suspected = case.evidence, {suspect.file for suspect in case.suspects}
    green = [n for n in evidence.green if n not in evidence.lines or not suspected.isdisjoint(evidence.lines[n])]
    ordered = sorted(green, key=lambda name: (case.seconds.get(name, 0.0), name))
    chosen: list[str] = []
    spent = 0.0
    for name in ordered[:200]:
        spent += case.seconds.get(name, 0.0)
        if spent > 1.0 and chosen:
            break
        chosen.append(name)
    return tuple(chosen)


@dataclass(frozen=True, slots=True)
class Step:
    """A candidate that waits: one more change upon what was reached so far."""

    patch: Patch
    after: Trial | None = None

    def whole(self, base: Snapshot) -> Patch:
        """Both as one patch of the base; two changes are less likely than one."""
        return merged(base, (self.after.patch, self.patch)) if self.after else self.patch


class Frontier:
    """The candidates that wait, the most promising first; what was seen never comes twice."""

    def __init__(self, base: Snapshot, suspects: Sequence[Suspect]) -> None:
        """Nothing waits yet."""
        self.base, self.suspects = base, suspects
        self._known = Known()
        self._waiting: list[tuple[float, int, Step]] = []
        self._order = count()
        self._grown: dict[frozenset[str], int] = {}

    def add(self, patches: Iterable[Patch], *, after: Trial | None = None, factor: float = 1.0) -> None:
        """Let candidates wait; `after` is the trial whose patch they were made upon."""
        for patch in patches:
            heapq.heappush(self._waiting, (-patch.weight * factor, next(self._order), Step(patch, after)))

    def take(self) -> tuple[Step, Patch, float] | None:
        """The next candidate, as a patch of the base, and its priority; None when nothing is left."""
        while self._waiting:
            priority, _, step = heapq.heappop(self._waiting)
            whole = step.whole(self.base)
            if self._known.is_new(whole):
                return step, whole, -priority
        return None

    def grow(self, trial: Trial, step: Step) -> None:
        """Candidates upon a patch that came nearer to green than what it was made upon; few per set of mended tests."""
        before = step.after.gain if step.after else 0.0
        used = self._grown.get(trial.fixed, 0)
        if trial.gain <= before or used >= BEAM:
            return
        self._grown[trial.fixed] = used + 1
        snapshot = self.base.with_files(trial.patch.files)
        upon = candidates(snapshot, _shifted(self.suspects, trial.patch))
        self.add(upon, after=trial, factor=0.7 * (0.25 + trial.gain))


def _shifted(suspects: Sequence[Suspect], patch: Patch) -> list[Suspect]:
    """Suspects of the base, moved to where their lines are after the patch."""
    moved = []
    for suspect in suspects:
        move = 0
        for edit in patch.edits:
            text = patch.base.text(edit.path) or ""
            if edit.path == suspect.file and text.count("\n", 0, edit.start) + 1 < suspect.start:
                move += (edit.text or "").count("\n") - text.count("\n", edit.start, edit.end)
        moved.append(replace(suspect, start=suspect.start + move, end=suspect.end + move))
    return moved


def search(case: Case, copies: Sequence[Copy], budget: Budget) -> Iterator[Event]:
    """Try candidates until the budget is spent; the first plausible one shortens what is left."""
    clock = _Clock(budget)
    frontier = Frontier(case.evidence.snapshot, case.suspects)
    frontier.add((*case.first, *fixes(case.evidence)), factor=10.0)
    frontier.add(candidates(case.evidence.snapshot, case.suspects))
    found: list[Patch] = []
    tried = 0
    for step, trial in _trials(Jury(case), frontier, copies, clock):
        tried += 1
        yield Trying(trial.patch, tried, clock.seconds)
        if trial.plausible:
            found.append(trial.patch)
            clock.found(trial.patch)
            yield Plausible(trial.patch, tried, clock.seconds)
        else:
            frontier.grow(trial, step)
    patches = tuple(sorted(found, key=lambda patch: -patch.weight))
    yield Finished(patches, tried, clock.seconds, clock.reason)


class _Clock:
    """When to stop, and why."""

    def __init__(self, budget: Budget) -> None:
        self.budget, self.started = budget, time.monotonic()
        self.first: tuple[float, float] | None = None
        self.reason = "all candidates were tried"

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def found(self, patch: Patch) -> None:
        if self.first is None:
            self.first = (self.seconds, patch.weight)

    def over(self, tried: int, priority: float) -> bool:
        """Whether the next candidate, of that priority, should not be tried any more."""
        if self.seconds >= self.budget.seconds:
            self.reason = "the time is spent"
        elif self.budget.candidates is not None and tried >= self.budget.candidates:
            self.reason = "the candidates are spent"
        elif self.first and self.seconds > self.first[0] + self._extra():
            self.reason = "the time for alternatives is spent"
        elif self.first and priority < self.first[1] * 0.1:
            self.reason = "what is left is far less likely than what was found"
        else:
            return False
        return True

    def _extra(self) -> float:
        spent = self.first[0] if self.first else 0.0
        return min(self.budget.seconds * self.budget.more, max(3.0, spent))


def _trials(jury: Jury, frontier: Frontier, copies: Sequence[Copy], clock: _Clock) -> Iterator[tuple[Step, Trial]]:
    """Trials in the order of their submission, one candidate at a time on each copy."""
    idle: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        idle.put(copy)

    def work(patch: Patch) -> Trial:
        copy = idle.get()
        try:
            return jury.trial(patch, copy)
        finally:
            idle.put(copy)

    waiting: deque[tuple[Step, Future[Trial]]] = deque()
    submitted = 0
    with ThreadPoolExecutor(len(copies)) as pool:
        while True:
            while len(waiting) < 2 * len(copies):
                taken = frontier.take()
                if taken is None or clock.over(submitted, taken[2]):
                    break
                submitted += 1
                waiting.append((taken[0], pool.submit(work, taken[1])))
            if not waiting:
                return
            step, future = waiting.popleft()
            yield step, future.result()
