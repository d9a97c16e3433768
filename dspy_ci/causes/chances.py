"""Chances from counts: an interval for a rate, and whether one rate is above another."""

from __future__ import annotations

from math import comb, sqrt
from typing import NamedTuple

_Z = 1.959964
"""Of 95 percent."""


class Rate(NamedTuple):
    """How often something happens, and between what bounds that lies with 95 percent confidence."""

    estimate: float
    low: float
    high: float


def rate(hits: int, runs: int) -> Rate:
    """The rate behind so many hits, with Wilson's interval; without a run it may be anything."""
    if not runs:
        return Rate(0.5, 0.0, 1.0)
    share, square = hits / runs, _Z * _Z
    middle = (share + square / (2 * runs)) / (1 + square / runs)
    half = _Z * sqrt(share * (1 - share) / runs + square / (4 * runs * runs)) / (1 + square / runs)
    return Rate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


def above(hits: int, runs: int, base_hits: int, base_runs: int) -> float:
    """How likely the first count would stand so far above the second if both had the same rate (Fisher, one-sided)."""
    total, all_hits = runs + base_runs, hits + base_hits
    most = min(runs, all_hits)
    ways = sum(comb(runs, n) * comb(base_runs, all_hits - n) for n in range(hits, most + 1))
    return ways / comb(total, all_hits)
