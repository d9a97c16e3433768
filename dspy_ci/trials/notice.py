"""Which changes the tests notice: each one against the tests that run the changed lines, quick ones first.

What mutation testing does; here it tells how much a green run is worth, and it is the measure of the engine's speed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from itertools import chain
from queue import SimpleQueue

from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Copy, TestRun
from dspy_ci.trials.session import Entry, tried
from dspy_ci.trials.versions import touched, version

_BATCH = 150
"""Changes that share one collection of the tests."""
_PATIENCE = 6.0
"""Seconds beyond what its tests should take after which a change is ended, however busy the machine is."""
_SHORTEST, _SLOWER = 0.4, 6.0
"""Seconds that every test may take, and how many times slower than before it may be."""


class Fate(Enum):
    """What became of a change."""

    NOTICED = "noticed"
    UNNOTICED = "unnoticed"
    UNCOVERED = "uncovered"
    """No test runs its lines."""
    UNTRIED = "untried"
    """The time was spent."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A change, and whether a test noticed it."""

    patch: Patch
    fate: Fate
    by: str | None = None
    """The first test that did; None where the run had to be ended."""


@dataclass(frozen=True)
class Known:
    """What the tests did on the base."""

    lines: Mapping[str, Mapping[str, frozenset[int]]]
    """Test id to file to executed lines."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    steady: frozenset[str] | None = None
    """Tests that pass where many versions share a process, see `steady`; None when that was not asked."""

    @cached_property
    def _by_line(self) -> Mapping[tuple[str, int], frozenset[str]]:
        found: dict[tuple[str, int], set[str]] = {}
        for name, files in self.lines.items():
            for path, numbers in files.items():
                for number in numbers:
                    found.setdefault((path, number), set()).add(name)
        return {spot: frozenset(names) for spot, names in found.items()}

    def covering(self, patch: Patch) -> tuple[str, ...]:
        """The tests that run a changed line, quick ones first; all that run the file for what runs at import."""
        spots = {(path, number) for path, numbers in touched(patch).items() for number in numbers}
        names = frozenset(chain.from_iterable(self._by_line.get(spot, ()) for spot in spots))
        if not names and version(patch) is None:
            names = frozenset(name for name, files in self.lines.items() if any(path in files for path in patch.files))
        return tuple(sorted(names, key=lambda name: (self.seconds.get(name, 0.0), name)))


def steady(run: TestRun, names: Collection[str], copy: Copy, seconds: float) -> frozenset[str]:
    """The tests that pass in the way in which `noticed` runs them, without any change."""
    ordered = tuple(sorted(names))
    said = tried([Entry((), ordered, (), seconds)], run, copy, seconds, texts={})
    digits = said[0].targets if said else ""
    return frozenset(name for name, digit in zip(ordered, digits, strict=False) if digit == "1")


def noticed(
    patches: Sequence[Patch], known: Known, run: TestRun, copies: Sequence[Copy], seconds: float
) -> Iterator[Notice]:
    """What became of every change, in no particular order; each copy works on one batch at a time."""
    covering = {patch: known.covering(patch) for patch in patches}
    yield from (Notice(patch, Fate.UNCOVERED) for patch, names in covering.items() if not names)
    panel = _Panel(known, run, covering, seconds)
    idle: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        idle.put(copy)

    def work(batch: Sequence[Patch]) -> list[Notice]:
        copy = idle.get()
        try:
            return list(panel.alone(batch[0], copy) if version(batch[0]) is None else panel.together(batch, copy))
        finally:
            idle.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        for found in pool.map(work, _batches([patch for patch in patches if covering[patch]], len(copies))):
            yield from found


def _batches(patches: Sequence[Patch], workers: int) -> list[list[Patch]]:
    """Changes within functions many at a time, neighbours together; the others, which take long, one by one first."""
    quick = sorted((patch for patch in patches if version(patch)), key=lambda patch: patch.edits)
    size = max(1, min(_BATCH, -(-len(quick) // workers)))
    return [[p] for p in patches if not version(p)] + [quick[at : at + size] for at in range(0, len(quick), size)]


@dataclass(frozen=True, slots=True)
class _Panel:
    """The tests that each change must face."""

    known: Known
    run: TestRun
    covering: Mapping[Patch, tuple[str, ...]]
    seconds: float

    def together(self, batch: Sequence[Patch], copy: Copy) -> Iterator[Notice]:
        """Changes within functions, in one process."""
        entries = [self._entry(patch) for patch in batch]
        texts = {edit.path: patch.base.text(edit.path) or "" for patch in batch for edit in patch.edits}
        run = replace(self.run, per_test=self._limit(chain.from_iterable(entry.guards for entry in entries)))
        said = tried(entries, run, copy, self.seconds, texts=texts)
        for number, (patch, entry) in enumerate(zip(batch, entries, strict=True)):
            if not entry.guards:
                yield Notice(patch, Fate.UNCOVERED)
            elif number not in said:
                yield Notice(patch, Fate.UNTRIED)
            else:
                yield _read(patch, entry.guards, said[number].guards)

    def alone(self, patch: Patch, copy: Copy) -> Iterator[Notice]:
        """A change of what runs at import: a fresh import, in a run of its own."""
        names = self.covering[patch]
        patience = 30.0 + _SLOWER * self._seconds(names)
        run = replace(self.run, ids=names, stop_at_first=True, per_test=self._limit(names), timeout=patience)
        report = copy.test(run, patch.files)
        lost = report.problem or not report.passed.issuperset(names)
        red = next((name for name in report.results if name in report.red), None)
        yield Notice(patch, Fate.NOTICED if lost else Fate.UNNOTICED, red)

    def _entry(self, patch: Patch) -> Entry:
        steady = self.known.steady
        guards = tuple(name for name in self.covering[patch] if steady is None or name in steady)
        return Entry(version(patch) or (), (), guards, _PATIENCE + _SLOWER * self._seconds(guards))

    def _seconds(self, names: Iterable[str]) -> float:
        return sum(self.known.seconds.get(name, 0.0) for name in names)

    def _limit(self, names: Iterable[str]) -> float:
        slowest = max((self.known.seconds.get(name, 0.0) for name in names), default=0.0)
        return max(_SHORTEST, _SLOWER * slowest)


def _read(patch: Patch, names: Sequence[str], digits: str) -> Notice:
    """A test that failed noticed it, and so did one that had to be ended with its process."""
    red = digits.find("0")
    if red >= 0:
        return Notice(patch, Fate.NOTICED, names[red])
    return Notice(patch, Fate.NOTICED if len(digits) < len(names) else Fate.UNNOTICED)
