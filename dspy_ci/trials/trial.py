"""What became of one candidate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dspy_ci.patches.patch import Patch


@dataclass(frozen=True, slots=True)
class Trial:
    """A patch, and how much nearer to green it came."""

    patch: Patch
    fixed: frozenset[str] = frozenset()
    """Targets that pass with it."""
    gain: float = 0.0
    """1.0 for all targets and no guard lost; above 0 for a step in the right direction."""

    @property
    def plausible(self) -> bool:
        """Whether it got all the way."""
        return self.gain >= 1.0


def gain(fixed: Collection[str], lost: int, targets: int, changed: int = 0) -> float:
    """How much nearer to green: mended targets count, lost guards count against; a new error counts a little."""
    if not fixed:
        return 0.02 * changed / targets
    share = (len(fixed) - lost) / targets
    return share if not lost else min(share, 0.9)
