"""Parts of the change that were seen turning its green base red."""

from __future__ import annotations

from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot

NAME = "culprits"
WEIGHT = 0.7

_WHY = "the base turns red with this part of the change"


def clues(evidence: Evidence) -> Clues:
    """The lines of the guilty hunks; where lines were taken away, those around the gap."""
    own = set(evidence.paths)
    return {
        Spot(hunk.path, line): Clue(1.0, _WHY)
        for hunk in evidence.guilty
        if hunk.path in own
        for line in (hunk.new_lines or range(max(1, hunk.new_start), hunk.new_start + 2))
    }
