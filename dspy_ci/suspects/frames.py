"""Where the exception was raised, and through which of our functions it came."""

from __future__ import annotations

from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot, is_test

NAME = "frames"
WEIGHT = 1.0


def clues(evidence: Evidence) -> Clues:
    """The innermost frame of each failure strongest, each caller half as strong."""
    found: dict[Spot, Clue] = {}
    for failure in evidence.failures:
        own = [frame for frame in failure.frames if frame.in_repo and frame.line and not is_test(frame.file)]
        for depth, frame in enumerate(reversed(own)):
            spot = Spot(frame.file, frame.line or 0)
            clue = Clue(
                0.5**depth, "the exception was raised here" if depth == 0 else "the exception came through here"
            )
            found[spot] = max(found.get(spot, clue), clue)
        if not own and failure.file and failure.line and not is_test(failure.file):
            found[Spot(failure.file, failure.line)] = Clue(1.0, "the failure was reported here")
    return found
