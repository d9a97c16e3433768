"""Lines that were changed lately."""

from __future__ import annotations

from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot

NAME = "recent"
WEIGHT = 0.3


def clues(evidence: Evidence) -> Clues:
    """What is not yet committed is strongest; each older commit counts half."""
    found: dict[Spot, Clue] = {}
    own = set(evidence.paths)
    for change in sorted(evidence.changes, key=lambda change: -change.age):
        when = "not yet committed" if change.age == 0 else f"changed {change.age} commit{'s' * (change.age > 1)} ago"
        if change.path in own:
            found |= {Spot(change.path, line): Clue(0.5**change.age, when) for line in change.lines}
    return found
