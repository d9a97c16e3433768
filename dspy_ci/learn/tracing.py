"""How well each kind of evidence points at what was at fault: its factor, counted like those of the candidates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import fmean
from typing import NamedTuple

from dspy_ci.learn.counting import Count
from dspy_ci.learn.scene import Scene
from dspy_ci.suspects.priors import EVIDENCE, STEADY, Priors
from dspy_ci.suspects.rank import traced, weights

_DOUBT = 2.0
"""So many cases in which a kind points as well as all of them together are added to what was seen."""
_STRENGTHS = (1.0, 0.7, 0.4, 0.0)
_UNADVISED = 0.4
"""The strength where no validation case advises."""


class Step(NamedTuple):
    """One suspected statement."""

    part: float
    clues: Mapping[str, float]
    """What each kind of evidence says, from 0 to 1."""
    guilty: bool
    """Whether the cure changes it."""

    def score(self, by: Mapping[str, float]) -> float:
        """How suspect it is with these weights."""
        return self.part * sum(by[name] * clue for name, clue in self.clues.items())


@dataclass(frozen=True, slots=True)
class Trail:
    """The suspected statements of one case, at least one of which was at fault."""

    case: str
    steps: tuple[Step, ...]
    trust: float = 1.0


def trail(scene: Scene, trust: float = 1.0) -> Trail | None:
    """What a case says about the evidence; None when nothing suspects what was at fault."""
    evidence = scene.search.evidence
    changed = {
        path: _changed(evidence.snapshot.text(path) or "", data.decode("utf-8", "replace"))
        for path, data in scene.cure.items()
        if data is not None and path.endswith(".py")
    }
    steps = tuple(
        Step(
            one.part,
            {name: clue.score for name, clue in one.clues.items()},
            not changed.get(one.file, frozenset()).isdisjoint(range(one.start, one.end + 1)),
        )
        for one in traced(evidence)
    )
    return Trail(scene.case.id, steps, trust) if any(step.guilty for step in steps) else None


def _changed(old: str, new: str) -> frozenset[int]:
    """The lines that the cure changes; around lines that it adds, those before and after."""
    matcher = SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    found: set[int] = set()
    for tag, first, last, _, _ in matcher.get_opcodes():
        if tag != "equal":
            found.update(range(first + 1, last + 1) if first < last else (first, first + 1))
    return frozenset(found)


def pointed(trails: Sequence[Trail]) -> dict[str, Count]:
    """A factor for each kind: how much of what it points at was at fault, against the same of all kinds together."""
    shipped = weights(Priors())
    mended: defaultdict[str, float] = defaultdict(float)
    expected: defaultdict[str, float] = defaultdict(float)
    for one in trails:
        together = _share(one, shipped)
        for name in {name for step in one.steps for name in step.clues}:
            mended[name] += one.trust * _share(one, {**dict.fromkeys(shipped, 0.0), name: 1.0})
            expected[name] += one.trust * together
    return {
        f"{EVIDENCE}{name}": Count(
            _steady((mended[name] + _DOUBT) / (expected[name] + _DOUBT)),
            round(mended[name], 3),
            round(expected[name], 3),
        )
        for name in sorted(expected)
    }


def _share(one: Trail, by: Mapping[str, float]) -> float:
    """How much of the suspicion falls on what was at fault."""
    scores = [step.score(by) for step in one.steps]
    guilty = sum(score for score, step in zip(scores, one.steps, strict=True) if step.guilty)
    return guilty / sum(scores) if any(scores) else 0.0


def _steady(factor: float) -> float:
    return round(min(STEADY, max(1 / STEADY, factor)), 4)


def place_of(one: Trail, priors: Priors) -> float:
    """The place of the first statement that was at fault, in the middle of those that are as suspect as it."""
    by = weights(priors)
    scores = [round(step.score(by), 9) for step in one.steps]
    best = max(score for score, step in zip(scores, one.steps, strict=True) if step.guilty)
    return sum(score > best for score in scores) + (scores.count(best) + 1) / 2


@dataclass(frozen=True, slots=True)
class Weighed:
    """The factors of the evidence, and how they do on the cases that chose their strength."""

    counts: Mapping[str, Count]
    strength: float
    before: float
    """Mean place of what was at fault among the suspects of the validation cases, as shipped."""
    after: float


def weighed(train: Sequence[Trail], validation: Sequence[Trail]) -> Weighed:
    """Count the training cases; believe the counts as strongly as the validation cases advise, or not at all."""
    full = pointed(train)
    if not validation:
        return Weighed(_weakened(full, _UNADVISED), _UNADVISED, 0.0, 0.0)
    options = [(strength, _weakened(full, strength)) for strength in _STRENGTHS]
    means = [(round(_mean(validation, counts), 6), strength, counts) for strength, counts in options]
    after, strength, counts = min(means, key=lambda option: option[:2])
    return Weighed(counts, strength, _mean(validation, {}), after)


def _mean(trails: Sequence[Trail], counts: Mapping[str, Count]) -> float:
    priors = Priors({name: count.factor for name, count in counts.items()})
    return fmean(place_of(one, priors) for one in trails)


def _weakened(counts: Mapping[str, Count], strength: float) -> dict[str, Count]:
    known = {name: count._replace(factor=round(count.factor**strength, 4)) for name, count in counts.items()}
    return known if strength else {}
