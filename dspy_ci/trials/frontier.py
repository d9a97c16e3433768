"""The candidates that wait for their trial."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise

from dspy_ci.patches.candidates import Known, Sheaf, merged, sheaves
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.rank import rank
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.trials.trial import Trial

BEAM = 3
"""How many patches that mend the same tests are built upon."""
_PLACES = 6
"""In so many places of a function the same change is tried together."""
_MORE = " The same change is made in several places."
_TOGETHER = 0.5
"""How likely the same change in several places is, beside the change in the least likely of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """A candidate whose turn it is: one more change upon what was reached so far."""

    patch: Patch
    """As a whole, against the base."""
    priority: float
    reached: float
    """The gain that it has to surpass to be built upon."""


class Frontier:
    """The candidates that wait, the most promising first; what was seen never comes twice."""

    def __init__(self, evidence: Evidence, suspects: Sequence[Suspect]) -> None:
        """Nothing waits yet."""
        self.evidence, self.base, self.suspects = evidence, evidence.snapshot, suspects
        self._known = Known()
        self._waiting: list[tuple[float, int, Patch | Sheaf, Trial | None, float]] = []
        self._order = count()
        self._grown: dict[frozenset[str], int] = {}
        self._alike: dict[tuple[tuple[Edit, ...], str], list[Patch]] = {}

    def add(self, patches: Iterable[Patch], *, after: Trial | None = None, factor: float = 1.0) -> None:
        """Let candidates wait; `after` is the trial whose patch they were made upon."""
        for patch in patches:
            self._push(patch.weight, patch, after, factor)
            for whole in self._everywhere(patch, after):
                self._push(whole.weight, whole, after, factor)

    def open(self, found: Iterable[Sheaf], *, after: Trial | None = None, factor: float = 1.0) -> None:
        """Let whole sheaves wait, each to be undone when its turn comes."""
        for sheaf in found:
            self._push(sheaf.score, sheaf, after, factor)

    def _everywhere(self, patch: Patch, after: Trial | None) -> Iterator[Patch]:
        """The same change also where it was possible before: who misunderstands something does so more than once."""
        if not patch.origin.startswith("template:"):
            return
        alike = self._alike.setdefault((after.patch.edits if after else (), patch.rationale), [])
        if len(alike) < _PLACES:
            groups = [[other, patch] for other in alike]
            alike.append(patch)
            yield from filter(None, map(everywhere, [*groups, alike] if len(alike) > 2 else groups))

    def _push(self, weight: float, item: Patch | Sheaf, after: Trial | None, factor: float) -> None:
        heapq.heappush(self._waiting, (-weight * factor, next(self._order), item, after, factor))

    def take(self) -> Step | None:
        """The next candidate; None when nothing is left."""
        while self._waiting:
            priority, _, patch, after, factor = heapq.heappop(self._waiting)
            if isinstance(patch, Sheaf):
                self.add(patch.make(), after=after, factor=factor)
                continue
            whole = merged(self.base, (after.patch, patch)) if after else patch
            if self._known.is_new(whole):
                return Step(whole, -priority, after.gain if after else 0.0)
        return None

    def grow(self, trial: Trial, step: Step) -> None:
        """Candidates upon a patch that came nearer to green than what it was made upon; few per set of mended tests."""
        used = self._grown.get(trial.fixed, 0)
        if trial.gain <= step.reached or used >= BEAM:
            return
        self._grown[trial.fixed] = used + 1
        snapshot = self.base.with_files(trial.patch.files)
        suspects = rank(without(self.evidence, trial.fixed)) if trial.fixed else self.suspects
        upon = sheaves(snapshot, shifted(suspects, trial.patch), self.evidence.priors)
        self.open(upon, after=trial, factor=0.7 * (0.25 + trial.gain))


def everywhere(patches: Sequence[Patch]) -> Patch | None:
    """The same change of one base in several places, as one patch; None where the places touch each other."""
    edits = sorted(edit for patch in patches for edit in patch.edits)
    if any(one.path == two.path and one.end >= two.start for one, two in pairwise(edits)):
        return None
    weight = _TOGETHER * min(patch.weight for patch in patches)
    return replace(patches[0], edits=tuple(edits), rationale=f"{patches[0].rationale}{_MORE}", weight=weight)


def without(evidence: Evidence, fixed: frozenset[str]) -> Evidence:
    """What is known about the tests that are still red, now that some pass: what those run is no longer suspect."""
    left = tuple(failure for failure in evidence.failures if failure.test_id not in fixed)
    return replace(evidence, failures=left, red=evidence.red - fixed, green=evidence.green | fixed)


def shifted(suspects: Sequence[Suspect], patch: Patch) -> list[Suspect]:
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
