"""Before and after on the same cases: how much was gained, and how sure that is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gain:
    """Before and after on the same cases, and what chance could have made of it."""

    cases: int
    before: float
    after: float
    change: float
    """Where less is better, the share that is saved: -0.3 is thirty percent less. Of grades, the difference."""
    low: float
    """The interval that holds 95 of 100 draws of the cases."""
    high: float
    sure: float
    """The share of the draws in which there is a change in the wanted direction."""


def gained(before: Sequence[float], after: Sequence[float], *, less: bool = True, rounds: int = 4000) -> Gain:
    """The change of the mean, and its 95 % interval by drawing cases anew; `less` says which way is good."""
    rng = random.Random(1)  # noqa: S311 - a bootstrap, no secret
    size = len(before)
    if not size:
        return Gain(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def change(chosen: Sequence[int]) -> float:
        base, now = sum(before[i] for i in chosen), sum(after[i] for i in chosen)
        if not less:
            return (now - base) / size
        return now / base - 1 if base else 0.0

    drawn = sorted(change(rng.choices(range(size), k=size)) for _ in range(rounds))
    good = sum(one < 0 if less else one > 0 for one in drawn)
    low, high = drawn[int(0.025 * rounds)], drawn[int(0.975 * rounds)]
    sure = good / rounds if size > 1 else min(0.5, good / rounds)  # one case alone is as likely as not by chance
    return Gain(size, sum(before) / size, sum(after) / size, change(range(size)), low, high, sure)
