"""The composite metric, the same in hooks, actions, training and on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WEIGHTS: Mapping[str, float] = {"tests": 0.6, "types": 0.25, "lint": 0.15}


@dataclass(frozen=True, slots=True)
class Score:
    """A weighted mean of the parts that could be measured.

    Tests: the share of the relevant test ids (targets and what passed before) that pass. Types and lint: see
    `cleanliness`, of new diagnostics when a patch is scored, of all of them when a tree is.
    """

    parts: Mapping[str, float | None]
    """0 to 1 for each of `tests`, `types`, `lint`; None where no tool measures it."""

    @property
    def weights(self) -> dict[str, float]:
        """The weights in force: those of absent parts are shared out in proportion."""
        known = {name: WEIGHTS[name] for name, value in self.parts.items() if value is not None}
        total = sum(known.values())
        return {name: weight / total for name, weight in known.items()}

    @property
    def value(self) -> float:
        """0 to 1, rounded to four places; 0 when nothing could be measured."""
        return round(sum(weight * (self.parts[name] or 0.0) for name, weight in self.weights.items()), 4)


def cleanliness(diagnostics: int) -> float:
    """1 without a diagnostic, a half with one, a third with two, and so on."""
    return 1 / (1 + diagnostics)
