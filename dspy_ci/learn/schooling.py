"""Learning without a model: what the training cases teach, how strongly to believe it, and the examination."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from dspy_ci.learn.case import Case
from dspy_ci.learn.counting import Count, Lesson, Vote, counted, lesson, place, priors_of
from dspy_ci.learn.gain import Gain, gained
from dspy_ci.learn.measuring import Pair, compared
from dspy_ci.learn.proving import Bench
from dspy_ci.learn.scene import scene
from dspy_ci.learn.spreading import spread
from dspy_ci.learn.tracing import Trail, trail
from dspy_ci.ports.sandbox import Copy
from dspy_ci.suspects.priors import SHIPPED, Priors

_TRUST = {"planted": 0.5, "reversed": 0.7}
"""How much a case teaches that nobody's habit has made; all others teach 1."""
_STRENGTHS = (1.0, 0.7, 0.4)
_UNADVISED = 0.7
"""The strength where no validation case advises."""
_CODE = frozenset({"tests", "revert", "reversed", "planted"})
"""Cases whose cure is a change of code that `fix` could find."""


def teachable(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases that say something about how bugs are mended."""
    return tuple(case for case in cases if case.proposal.kind in _CODE)


class Observed(NamedTuple):
    """What one case teaches."""

    lesson: Lesson | None
    """About changes; None when its cure is none of our candidates."""
    trail: Trail | None
    """About evidence; None when nothing suspects what was at fault."""


def observed(cases: Sequence[Case], bench: Bench, copies: Sequence[Copy]) -> Iterator[Observed]:
    """What each case teaches, as they come."""

    def work(case: Case, copy: Copy) -> Observed:
        trust = _TRUST.get(case.proposal.kind, 1.0)
        with scene(case, bench, copy) as found:
            return Observed(lesson(found, trust), trail(found, trust)) if found else Observed(None, None)

    return spread(cases, copies, work)


@dataclass(frozen=True, slots=True)
class Taught:
    """What was learnt, and how it does on the cases that chose its strength."""

    counts: Mapping[str, Count]
    strength: float
    before: float
    """Mean place of the cure among the candidates of the validation cases, as shipped."""
    after: float

    @property
    def priors(self) -> Priors:
        """The factors alone."""
        return priors_of(self.counts)


def taught(train: Sequence[Lesson], validation: Sequence[Lesson], votes: Sequence[Vote] = ()) -> Taught:
    """Count the training cases and votes; believe the counts as strongly as the validation cases advise."""
    full = counted(train, votes)
    if not validation:
        return Taught(_weakened(full, _UNADVISED), _UNADVISED, 0.0, 0.0)
    options = [(strength, _weakened(full, strength)) for strength in _STRENGTHS]
    means = [(_mean(validation, priors_of(counts)), -strength, counts) for strength, counts in options]
    after, strength, counts = min(means, key=lambda option: option[:2])
    return Taught(counts, -strength, _mean(validation, SHIPPED), after)


def _mean(lessons: Sequence[Lesson], priors: Priors) -> float:
    return fmean(place(one, priors) for one in lessons)


def _weakened(counts: Mapping[str, Count], strength: float) -> dict[str, Count]:
    return {name: count._replace(factor=round(count.factor**strength, 4)) for name, count in counts.items()}


def examined(cases: Sequence[Case], bench: Bench, copies: Sequence[Copy], priors: Priors) -> Iterator[Pair | None]:
    """Each case searched both ways, as they come; None for a case that is red no more."""

    def work(case: Case, copy: Copy) -> Pair | None:
        with scene(case, bench, copy) as found:
            return compared(found, priors) if found else None

    return spread(cases, copies, work)


@dataclass(frozen=True, slots=True)
class Result:
    """What the examination says."""

    tried: Gain
    verified: tuple[int, int]
    """Cases with a verified patch, as shipped and with what was learnt."""
    cured: tuple[int, int]
    """Cases whose first verified patch is what people did."""
    suspects: Gain
    """The place of what was at fault among the suspects."""

    @property
    def better(self) -> bool:
        """Fewer candidates, as far as chance lets us say, and nothing lost."""
        sure = self.tried.change < 0 and self.tried.sure >= 0.8
        return sure and self.verified[1] >= self.verified[0] and self.cured[1] >= self.cured[0]


def result(pairs: Sequence[Pair]) -> Result:
    """The examination as a whole; only cases that are mended in both ways say how many candidates it takes."""
    both = [pair for pair in pairs if pair.shipped.verified and pair.learnt.verified]
    tried = gained([float(pair.shipped.tried) for pair in both], [float(pair.learnt.tried) for pair in both])
    ways = [[pair.shipped for pair in pairs], [pair.learnt for pair in pairs]]
    verified = tuple(sum(one.verified for one in way) for way in ways)
    cured = tuple(sum(one.cured for one in way) for way in ways)
    places = [pair.places for pair in pairs if pair.places]
    suspects = gained([before for before, _ in places], [after for _, after in places])
    return Result(tried, (verified[0], verified[1]), (cured[0], cured[1]), suspects)
