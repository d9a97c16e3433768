"""Lines that failing tests run and passing tests do not (Ochiai)."""

from __future__ import annotations

from collections import Counter
from math import sqrt

from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot

NAME = "spectrum"
WEIGHT = 0.8


def clues(evidence: Evidence) -> Clues:
    """Ochiai over the executed lines; with no passing tests, every line that a failing test runs counts alike."""
    red, green = _runs(evidence, evidence.red), _runs(evidence, evidence.green)
    failing = sum(name in evidence.lines for name in evidence.red)
    own = set(evidence.paths)
    return {
        spot: Clue(count / sqrt(failing * (count + green[spot])), _why(count, failing, green[spot]))
        for spot, count in red.items()
        if spot.path in own
    }


def _runs(evidence: Evidence, ids: frozenset[str]) -> Counter[Spot]:
    return Counter(
        Spot(path, line)
        for name in ids
        for path, lines in evidence.lines.get(name, {}).items()
        for line in lines
    )  # fmt: skip


def _why(red: int, failing: int, green: int) -> str:
    return f"run by {red} of {failing} failing tests and {green} passing ones"
