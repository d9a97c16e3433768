"""The smallest red selection in few questions: a weighted search for the place where green turns red.

Parts are laid on the base in order of suspicion, each behind the parts that it needs. The first prefix that is red
ends with a guilty part: a binary search over the probability that a prefix is red finds it in about as many questions
as the guilty part is surprising, in bits. What it needs in addition stands before it, and is found in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from dspy_ci.causes.ddmin import ddmin

Reply = Literal["red", "green", "unresolved"]
"""Fails as the head does; does not; cannot be built, or fails in another way."""
Selection = frozenset[int]
Ask = Callable[[Sequence[Selection]], Sequence[Reply]]
"""Replies to several selections at once; raises SpentError when the budget is over."""

_ENOUGH = 0.7
"""How likely the guilty parts found so far are all of them."""
_FEW = 6
"""So many unresolved prefixes are stepped over before a stretch counts as inseparable."""


class SpentError(Exception):
    """The budget is over; control flow, caught where the best answer so far is known."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The answer of a search."""

    parts: Selection
    """Red when laid on the base together."""
    minimal: bool
    """Whether none of them can be left out; False when the budget ended first."""


def narrowed(weights: Mapping[int, float], needs: Mapping[int, Iterable[int]], ask: Ask, width: int = 1) -> Narrowed:
    """The smallest selection of the weighted parts that is red; all of them must be red, and none of them green.

    `needs` says which parts a part cannot be built without; a guess is enough, it only saves questions. `width` is how
    many questions are asked at once.
    """
    search = _Search(weights, needs, ask, width)
    try:
        return Narrowed(search.answer(), minimal=True)
    except SpentError:
        return Narrowed(search.best, minimal=False)


@dataclass
class _Search:
    weights: Mapping[int, float]
    needs: Mapping[int, Iterable[int]]
    ask: Ask
    width: int
    best: Selection = field(init=False)
    replies: dict[Selection, Reply] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.best = frozenset(self.weights)
        self.replies = {frozenset(): "green", self.best: "red"}

    def answer(self) -> Selection:
        proven: list[int] = []
        doubtful: list[int] = []
        rest = self._ordered()
        while True:
            found = [*proven, *doubtful]
            low, high = self._boundary(found, rest)
            if high == 0:
                break
            stretch = rest[low:high]
            (proven if len(stretch) == 1 else doubtful).extend(stretch)
            rest = rest[:low]
        return self._reduced(self._closed(found), frozenset(proven))

    def _boundary(self, found: Sequence[int], rest: Sequence[int]) -> tuple[int, int]:
        """Where the prefixes of the rest, laid beside what was found, turn red: the last green and the first red."""
        low, high, skipped = (-1 if found else 0), len(rest), set[int]()
        masses = self._masses(found, rest)
        while places := self._places(masses, low, high, skipped):
            answers = self._asked([self._closed([*found, *rest[:place]]) for place in places])
            high = min([high, *(place for place, reply in zip(places, answers, strict=True) if reply == "red")])
            greens = [place for place, reply in zip(places, answers, strict=True) if reply == "green" and place < high]
            low = max([low, *greens])
            skipped |= {place for place, reply in zip(places, answers, strict=True) if reply == "unresolved"}
            if len([place for place in skipped if low < place < high]) > _FEW:
                break
        return max(low, 0), high

    def _masses(self, found: Sequence[int], rest: Sequence[int]) -> list[float]:
        """For each prefix, the probability that it or a shorter one is the first red one."""
        total = sum(self.weights[part] for part in rest) or 1.0
        alone = _ENOUGH if found else 0.0
        return list(accumulate([alone, *((1 - alone) * self.weights[part] / total for part in rest)]))

    def _places(self, masses: Sequence[float], low: int, high: int, skipped: set[int]) -> list[int]:
        """The prefixes whose replies tell most: they cut what is left of the probability in equal shares."""
        open_ = [place for place in range(low + 1, high) if place not in skipped]
        floor, ceiling = (masses[low] if low >= 0 else 0.0), masses[high]
        goals = [floor + (ceiling - floor) * share / (self.width + 1) for share in range(1, self.width + 1)]
        return sorted({min(open_, key=lambda place: abs(masses[place] - goal)) for goal in goals}) if open_ else []

    def _reduced(self, parts: Selection, proven: Selection) -> Selection:
        """The parts without those that were only taken along."""
        doubtful = sorted(parts - proven, key=lambda part: -self.weights[part])
        if not doubtful:
            return parts
        return proven | frozenset(ddmin(doubtful, lambda some: self._is_red(proven | frozenset(some))))

    def _is_red(self, parts: Selection) -> bool:
        return self._asked([parts])[0] == "red"

    def _asked(self, selections: Sequence[Selection]) -> list[Reply]:
        fresh = [one for one in dict.fromkeys(selections) if one not in self.replies]
        if fresh:
            self.replies.update(zip(fresh, self.ask(fresh), strict=True))
        for one in fresh:
            if self.replies[one] == "red" and len(one) < len(self.best):
                self.best = one
        return [self.replies[one] for one in selections]

    def _closed(self, parts: Iterable[int]) -> Selection:
        """The parts and all that they need."""
        closed: set[int] = set()
        waiting = list(parts)
        while waiting:
            part = waiting.pop()
            if part not in closed and part in self.weights:
                closed.add(part)
                waiting += self.needs.get(part, ())
        return frozenset(closed)

    def _ordered(self) -> list[int]:
        """The parts, most suspected first, each behind those that it needs."""
        placed: dict[int, None] = {}
        for part in sorted(self.weights, key=lambda part: (-self.weights[part], part)):
            self._place(part, placed, set())
        return list(placed)

    def _place(self, part: int, placed: dict[int, None], around: set[int]) -> None:
        if part in placed or part in around or part not in self.weights:
            return
        for needed in sorted(self.needs.get(part, ())):
            self._place(needed, placed, around | {part})
        placed[part] = None
