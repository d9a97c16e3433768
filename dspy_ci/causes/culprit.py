"""The hunks that turn a green base red: found by laying some of them on the base and running what is red."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from dspy_ci.causes.hunk import FileChange, Hunk, hunks, laid
from dspy_ci.causes.laboratory import Laboratory, ours, present
from dspy_ci.causes.manner import told
from dspy_ci.causes.narrowing import Narrowed, Reply, Selection, SpentError, narrowed
from dspy_ci.causes.needs import needs
from dspy_ci.causes.sameness import Redness
from dspy_ci.causes.stage import Stage
from dspy_ci.causes.statements import finer
from dspy_ci.causes.suspicion import Traces, weights
from dspy_ci.causes.words import used
from dspy_ci.ports.sandbox import Copy, Files, TestReport, TestRun
from dspy_ci.ports.trial import CommandTrial, Trial

_SLOW = 2.0
"""Seconds of a run; what takes longer is asked side by side: more runs, less waiting."""
_ALTERNATIVES = 4
_DEPTH = 6
"""How often a hunk is taken apart further."""
_AGAIN = 3
"""How often an answer is confirmed before it is given: a test that tosses a coin would name somebody."""
_CHEAP = 10.0
"""The limit of a run up to which all confirmations are asked for; else one."""
_TARGETS = 40
"""Tests that every experiment runs; more of them share their causes with these."""
_PATIENCE = 60.0
"""Seconds for one test of the first run."""

Status = Literal["found", "green", "base-red", "flaky", "unreproduced", "spent"]


@dataclass(frozen=True, slots=True)
class Guilt:
    """Hunks that are to blame together."""

    tests: tuple[str, ...]
    """The tests that fail with them."""
    hunks: tuple[Hunk, ...]
    minimal: bool
    """Whether none of the hunks can be left out."""
    alternative: bool = False
    """Whether other hunks are enough to make the same tests fail."""
    statements: tuple[Hunk, ...] = ()
    """The pieces of the hunks that are enough; empty when the hunks could not be taken apart."""


@dataclass(frozen=True, slots=True)
class Culprits:
    """The answer."""

    status: Status
    guilts: tuple[Guilt, ...] = ()
    count: int = 0
    """How many hunks the change has."""
    runs: int = 0
    """Experiments; those of the whole base and the whole head, and the traced one, are counted too."""
    narrowing: int = 0
    """Those of them that the hunks of the smallest set took: without base and head, statements and alternatives."""
    remembered: int = 0
    complete: bool = True
    """Whether the search ended by itself; False when the budget ended it."""
    mended: bool | None = None
    """Whether the head is green without them; None when that is not known."""
    seconds: float = 0.0
    held: tuple[str, ...] = ()
    """Files of the failing tests that were taken from the head in every experiment."""
    unmet: tuple[str, ...] = ()
    """Tests of the change that fail on the code of the base too: no hunk is to blame for them."""

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """The smallest set that turns the base red as the head is: alternatives left out."""
        return tuple(dict.fromkeys(hunk for guilt in self.guilts if not guilt.alternative for hunk in guilt.hunks))

    @property
    def pieces(self) -> tuple[Hunk, ...]:
        """The same as far as it could be taken apart."""
        return tuple(dict.fromkeys(
            piece for guilt in self.guilts if not guilt.alternative for piece in guilt.statements or guilt.hunks
        ))  # fmt: skip


def culprit(
    changes: Sequence[FileChange], trial: Trial, lab: Laboratory, width: int = 1, wanted: Collection[str] = ()
) -> Iterator[Stage | Culprits]:
    """Find the smallest set of hunks that turns the base red; the answer comes last.

    With `wanted`, only those tests are looked into.
    The budget is the laboratory's deadline: when it is over, the answer is the best one so far.
    """
    started = time.monotonic()
    case = Case(tuple(changes), trial, lab)
    try:
        base, head = case.whole(width)
    except SpentError:
        yield Culprits("spent", count=len(case.hunks), complete=False)
        return
    ours(base, head)
    redness = Redness(head, isinstance(trial, CommandTrial))
    asked = [name for name in redness.manners if not wanted or name in wanted]
    targets = tuple(name for name in asked if redness.reply(base, name) != "red")
    yield Stage("test", f"{len(head.red)} red on the head, {len(asked) - len(targets)} of them on the base too")
    if not targets:
        status: Status = "base-red" if asked else "green" if not head.problem else "unreproduced"
        yield Culprits(status, (), len(case.hunks), lab.runs, 0, lab.remembered, seconds=time.monotonic() - started)
        return
    search = Search(case, redness, targets[:_TARGETS], _limit(base, targets), width if head.seconds > _SLOW else 1)
    for guilt in search.guilts():
        yield Stage("blame", ", ".join(f"{hunk.path}:{hunk.new_start + 1}" for hunk in guilt.hunks))
    yield Culprits(
        "flaky" if search.unstable else "found", () if search.unstable else tuple(search.found), len(case.hunks),
        lab.runs, search.narrowing,
        lab.remembered, complete=search.complete, mended=search.mended, seconds=time.monotonic() - started,
        held=tuple(sorted({case.hunks[i].path for i in search.held})), unmet=search.unmet,
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A change, and the way to try any part of it."""

    changes: tuple[FileChange, ...]
    trial: Trial
    lab: Laboratory

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        """All hunks of the change; selections are sets of their indexes."""
        return hunks(self.changes)

    @cached_property
    def needs(self) -> Mapping[int, frozenset[int]]:
        """Which hunk needs which."""
        return needs(self.changes, self.hunks)

    def whole(self, width: int) -> tuple[TestReport, TestReport]:
        """The base and the head with all tests of the trial."""
        trial = self.trial
        if isinstance(trial, TestRun):
            trial = replace(trial, per_test=trial.per_test or _PATIENCE)
        both: list[Files] = [self.files(()), self.files(self.hunks)]
        batches = [both] if width > 1 else [[one] for one in both]

        def run(copy: Copy, files: Files) -> TestReport:
            return present(self.lab.bounded(trial), copy, files)

        base, head = (report for batch in batches for report in self.lab.reports(trial, batch, run))
        return base, head

    def files(self, chosen: Iterable[Hunk]) -> Files:
        """What lies on the base when these hunks are chosen."""
        return laid(self.changes, tuple(chosen))

    def reports(
        self, targets: Sequence[str], selections: Sequence[Sequence[Hunk]], limit: float, number: int = 0
    ) -> list[TestReport]:
        """Try several selections with the tests alone; another number runs again what is known."""
        trial, bound = self.trial, limit
        if isinstance(trial, TestRun):
            trial, bound = replace(trial, ids=tuple(sorted(targets)), per_test=limit), 10 + limit * len(targets)

        def run(copy: Copy, files: Files) -> TestReport:
            return present(self.lab.bounded(trial, bound), copy, files)

        return self.lab.reports(trial, [self.files(chosen) for chosen in selections], run, number=number)

    def traced(self, targets: Sequence[str], limit: float) -> TestReport | None:
        """The red tests on the head once more, with the lines that they run; None where nobody can tell lines."""
        if not isinstance(self.trial, TestRun):
            return None
        trial = replace(self.trial, ids=tuple(targets), trace=True, per_test=4 * limit)
        report = self.lab.copy().test(replace(trial, timeout=10 + 4 * limit * len(targets)), self.files(self.hunks))
        self.lab.runs += 1
        return report


class Search:
    """The way from a red head to the hunks that are to blame."""

    def __init__(self, case: Case, redness: Redness, targets: Sequence[str], limit: float, width: int) -> None:
        """Nothing is run yet."""
        self.case, self.redness, self.targets, self.width = case, redness, tuple(targets), width
        self.limit = limit
        self.unstable = False
        self.unmet: tuple[str, ...] = ()
        self.found: list[Guilt] = []
        self.held: Selection = frozenset()
        self.complete = True
        self.mended: bool | None = None
        self.narrowing = 0

    def guilts(self) -> Iterator[Guilt]:
        """Each set of hunks as it is found, then again with its statements."""
        before = self.case.lab.runs
        try:
            traces = self._traces()
            if self.unstable:
                return
            self.held = self._held()
            self.weights = weights(self.case.changes, self.case.hunks, traces)
            yield from self._explained()
            self.narrowing = self.case.lab.runs - before
            self.unstable = not self._confirmed()
            if self.unstable:
                return
            yield from self._alternatives()
            self._take_apart()
        except SpentError:
            self.complete = False

    @cached_property
    def _own(self) -> frozenset[str]:
        """The files of the failing tests."""
        return frozenset(target.partition("::")[0] for target in self.targets)

    @cached_property
    def all(self) -> Selection:
        """Every hunk that may be blamed."""
        return frozenset(range(len(self.case.hunks))) - self.held

    def _held(self) -> Selection:
        """The hunks of the failing tests' own files, when the base passes some tests as the head has them.

        New tests that fail on the base too ask for what the change was to bring: no hunk can be blamed for them.
        """
        some = frozenset(i for i, hunk in enumerate(self.case.hunks) if hunk.path in self._own)
        if not some or len(some) == len(self.case.hunks):
            return frozenset()
        (report,) = self._reports([some])
        passing = report.mended(self.targets)
        if not passing:
            return frozenset()
        self.unmet = tuple(name for name in self.targets if name not in passing)
        self.targets = tuple(name for name in self.targets if name in passing)
        return some

    def _explained(self) -> Iterator[Guilt]:
        """Until every test is explained: the smallest set for the first one that is not."""
        waiting = list(self.targets)
        while waiting:
            target = waiting[0]
            answer = self._narrowed(self.all, target)
            tests = self._red_with(answer.parts, waiting) or (target,)
            waiting = [name for name in waiting if name not in tests]
            yield self._blame(answer, tests)

    def _alternatives(self) -> Iterator[Guilt]:
        """What makes the tests fail even without the hunks that were blamed."""
        for _ in range(_ALTERNATIVES):
            rest = self._without({i for guilt in self.found for i in map(self.case.hunks.index, guilt.hunks)})
            (report,) = self._reports([rest])
            replies = {name: self.redness.reply(report, name) for name in self.targets}
            still = self._still_red(rest, [name for name, reply in replies.items() if reply == "red"])
            self.mended = not still if still or "unresolved" not in replies.values() else None
            if not still:
                return
            answer = self._narrowed(rest, still[0])
            if not self._still_red(answer.parts, still[:1]):
                return
            yield self._blame(answer, self._red_with(answer.parts, still) or (still[0],), alternative=True)

    def _still_red(self, parts: Selection, names: Sequence[str]) -> list[str]:
        """Those of the tests that are red a second time: what was red by chance blames nobody."""
        if not names:
            return []
        chosen = [self.case.hunks[i] for i in sorted(parts | self.held)]
        (report,) = self.case.reports(self.targets, [chosen], self.limit, number=1)
        return [name for name in names if self.redness.reply(report, name) == "red"]

    def _blame(self, answer: Narrowed, tests: Sequence[str], *, alternative: bool = False) -> Guilt:
        chosen = tuple(self.case.hunks[i] for i in sorted(answer.parts))
        guilt = Guilt(tuple(tests), chosen, answer.minimal, alternative)
        self.found.append(guilt)
        if not answer.minimal:
            self.complete = False
        return guilt

    def _take_apart(self) -> None:
        """The statements of the hunks that are enough, level by level."""
        for place, guilt in enumerate(self.found):
            pieces = guilt.hunks
            for _ in range(_DEPTH):
                smaller = tuple(part for piece in pieces for part in self._finer(piece))
                if len(smaller) == len(pieces):
                    break
                pieces = self._narrowed_pieces(smaller, guilt.tests[0])
                self.found[place] = replace(guilt, statements=pieces)

    def _finer(self, piece: Hunk) -> tuple[Hunk, ...]:
        """The smaller pieces; which lines of a test make it fail is no news."""
        return (piece,) if piece.path in self._own else finer(self._change(piece), piece)

    def _narrowed_pieces(self, pieces: Sequence[Hunk], target: str) -> tuple[Hunk, ...]:
        changes = tuple({self._change(piece).move: self._change(piece) for piece in pieces}.values())
        held = [self.case.hunks[i] for i in self.held]

        def ask(selections: Sequence[Selection]) -> list[Reply]:
            chosen = [[*held, *(pieces[i] for i in some)] for some in selections]
            reports = self.case.reports(self.targets, chosen, self.limit)
            return [self.redness.reply(report, target) for report in reports]

        if ask([frozenset(range(len(pieces)))]) != ["red"]:  # cutting changed the meaning: keep what is proven
            return tuple(pieces)
        suspicion = weights(changes, pieces, self._known)
        answer = narrowed(suspicion, needs(changes, pieces), ask, self.width)
        return tuple(pieces[i] for i in sorted(answer.parts))

    def _narrowed(self, parts: Selection, target: str) -> Narrowed:
        def ask(selections: Sequence[Selection]) -> list[Reply]:
            return [self.redness.reply(report, target) for report in self._reports(selections)]

        return narrowed({i: self.weights[i] for i in parts}, self.case.needs, ask, self.width)

    def _reports(self, selections: Sequence[Selection]) -> list[TestReport]:
        chosen = [[self.case.hunks[i] for i in some | self.held] for some in selections]
        return self.case.reports(self.targets, chosen, self.limit)

    def _red_with(self, parts: Selection, names: Iterable[str]) -> tuple[str, ...]:
        (report,) = self._reports([parts])
        return tuple(name for name in names if self.redness.reply(report, name) == "red")

    def _without(self, guilty: Collection[int]) -> Selection:
        """All hunks but these and those that cannot be built without them."""
        gone = set(guilty)
        while more := {i for i in self.all - gone if gone & self.case.needs.get(i, frozenset())}:
            gone |= more
        return self.all - gone

    def _traces(self) -> Traces:
        """What is known of the red tests; those that are not red a second time are not looked for."""
        report = self.case.traced(self.targets, self.limit)
        if report and not report.problem:
            self.targets = tuple(name for name in self.targets if name in report.red)
            self.unstable = not self.targets
        failures = [told(name, self.redness.report.results[name]) for name in self.targets]
        frames: dict[str, frozenset[int]] = {}
        for frame in (frame for failure in failures for frame in failure.frames):
            frames[frame.file] = frames.get(frame.file, frozenset()) | {frame.line or 0}
        said = [failure.message.encode(errors="replace") for failure in failures]
        self._known = Traces(_ran(report), frames, used(said))
        return self._known

    def _confirmed(self) -> bool:
        """Whether the base is green and each answer red, again and again: otherwise chance has led us."""
        return all(self._confirmed_once(number) for number in range(1, 1 + (_AGAIN if self.limit <= _CHEAP else 1)))

    def _confirmed_once(self, number: int) -> bool:
        held = [self.case.hunks[i] for i in self.held]
        again = [held, *([*held, *guilt.hunks] for guilt in self.found)]
        base, *answers = self.case.reports(self.targets, again, self.limit, number=number)
        green = all(self.redness.reply(base, name) != "red" for name in self.targets)
        pairs = zip(self.found, answers, strict=True)
        return green and all(self.redness.reply(report, guilt.tests[0]) == "red" for guilt, report in pairs)

    def _change(self, hunk: Hunk) -> FileChange:
        return next(
            one for one in self.case.changes if (one.move.before, one.move.after) == (hunk.before, hunk.after)
        )  # fmt: skip


def _limit(base: TestReport, targets: Sequence[str]) -> float:
    """Seconds for one test or command: many times what it took on the base, where it did not hang."""
    known = [base.results[name].seconds for name in targets if name in base.results]
    return max(5.0, 10 * max(known or [result.seconds for result in base.results.values()], default=0.0))


def _ran(report: TestReport | None) -> Mapping[str, frozenset[int]]:
    """The lines that a traced run ran, by file."""
    found: dict[str, frozenset[int]] = {}
    for lines in report.lines.values() if report else ():
        for path, some in lines.items():
            found[path] = found.get(path, frozenset()) | some
    return found
