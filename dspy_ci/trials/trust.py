"""How far a plausible patch can be trusted: by what it does, and by what nobody could refute."""

from __future__ import annotations

from dataclasses import dataclass

from dspy_ci.patches.patch import Patch


@dataclass(frozen=True, slots=True)
class Standing:
    """What the comparison with rivals and neighbours showed."""

    share: float
    """The part of the weight of all plausible patches that answers alike."""
    questions: int
    """How many calls could be compared; 0 where the patch answered none."""
    examples: int
    """How many docstring examples it answers as they say."""
    contradictions: int
    tried: int
    """How many of the nearest changes were tried."""
    open: int
    """How many of them pass all tests too, though they answer otherwise."""


_SURE = 0.8
"""The share of the weight that must agree."""


def plausibility(patch: Patch) -> float:
    """The patch's weight."""
    return patch.weight


def safe(patch: Patch, standing: Standing) -> bool:
    """Whether the patch is more than a guess."""
    if patch.origin.startswith(("fixer:", "hint", "ruff")):
        return standing.share >= _SURE and not standing.contradictions
    return standing.share >= _SURE and not standing.contradictions
