"""How many candidates `fix` tries until a patch is verified, with what was learnt and without."""

from __future__ import annotations

from dataclasses import dataclass

from dspy_ci.learn.lease import Lease
from dspy_ci.learn.scene import Scene
from dspy_ci.learn.tracing import place_of, trail
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Copy
from dspy_ci.search import Budget, Plausible, search
from dspy_ci.suspects.priors import SHIPPED, Priors
from dspy_ci.verdicts.judge import judge

_MOST = 600
"""Candidates after which the search for one case counts as in vain."""
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one case in one way of searching."""

    tried: int
    """Until the first verified patch, or all that were tried in vain."""
    verified: bool
    cured: bool
    """Whether that patch means the same as what people did."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One case searched in two ways."""

    case: str
    shipped: Attempt
    learnt: Attempt
    places: tuple[float, float] | None = None
    """The place of what was at fault among the suspects, in either way; None when nothing suspects it."""


def compared(scene: Scene, priors: Priors) -> Pair:
    """The case searched with the shipped order and with the learnt one; the verdict on a patch is asked once."""
    verdicts: dict[str, bool] = {}
    steps = trail(scene)
    places = (place_of(steps, SHIPPED), place_of(steps, priors)) if steps else None
    return Pair(scene.case.id, attempt(scene, SHIPPED, verdicts), attempt(scene, priors, verdicts), places)


def attempt(scene: Scene, priors: Priors, verdicts: dict[str, bool]) -> Attempt:
    """Search until the first verified patch."""
    tried = 0
    with Lease(scene.copy) as copy:
        for event in search(scene.with_priors(priors), [copy], Budget(_SECONDS, _MOST)):
            tried = max(tried, event.tried)
            if isinstance(event, Plausible) and _verified(event.patch, scene, copy, verdicts):
                return Attempt(event.tried, verified=True, cured=scene.is_cure(event.patch))
    return Attempt(tried, verified=False, cured=False)


def _verified(patch: Patch, scene: Scene, copy: Copy, verdicts: dict[str, bool]) -> bool:
    if patch.id not in verdicts:
        verdicts[patch.id] = judge(patch, scene.baseline, copy).verified
    return verdicts[patch.id]
