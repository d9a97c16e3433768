"""Why a test is red, by the counts of an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dspy_ci.causes.chances import Rate, above, rate

Label = Literal["change", "pre-existing", "flaky", "environment", "unreproduced"]
"""Caused by this change; red before it; red and green without a change; the machine's doing; not seen here."""

_BLAMED = 0.01
"""The chance below which the head fails more often than the base for a reason."""
_SHAKY = 0.003
"""The same where the head passes too: a rare failure may show on the head first, and is looked at after every run."""
_WORSE = 0.002
"""The same where the base fails in the same way too: it is looked at after every run."""
_ALIKE = 0.2
"""The chance above which two rates are taken for one."""
_STEADY = 32
"""Failures without a success after which a test counts as broken rather than flaky."""
_FEW = 10
"""Runs on either side before a test may be called flaky."""
_FEWEST = 2
"""Runs on either side before the environment is blamed."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a test ran on one side, and how often it failed in the manner in question."""

    runs: int = 0
    same: int = 0
    other: int = 0
    """Failed in another manner."""

    def plus(self, *, same: bool = False, other: bool = False) -> Tally:
        """With one run more."""
        return Tally(self.runs + 1, self.same + same, self.other + other)

    @property
    def never_passed(self) -> bool:
        """Whether every run failed in that manner."""
        return self.same == self.runs > 0


@dataclass(frozen=True, slots=True)
class Cause:
    """The label, how often it fails, and why we say so."""

    label: Label
    rate: Rate | None
    """How often it fails; for a flaky test over both sides, otherwise on the head."""
    why: str


def cause(head: Tally, base: Tally, *, outside: str | None = None, last: bool = False) -> Cause | None:
    """What the counts say; None when more runs are needed.

    The run that discovered the failure is not among those of the head: it was chosen because it failed. `outside` says
    what of the machine the failure points at. With `last` there will be no more runs. Unless the base was seen failing
    in the same manner, the change is blamed, and so it is when the head fails more often than the base.
    """
    if not base.same:
        return _not_on_base(head, base, last=last)
    if outside and min(head.runs, base.runs) >= _FEWEST and not _worse(head, base):
        return Cause("environment", rate(head.same, head.runs), f"fails in the same way on the base, and {outside}")
    if head.never_passed and base.never_passed:
        if head.runs + base.runs >= _STEADY or last:
            return Cause("pre-existing", rate(head.same, head.runs), "fails in the same way on the base, every time")
        return None
    return _on_both(head, base, last=last)


def _not_on_base(head: Tally, base: Tally, *, last: bool) -> Cause | None:
    known = rate(head.same, head.runs)
    if above(head.same, head.runs, 0, base.runs) < (_BLAMED if head.never_passed else _SHAKY):
        return Cause("change", known, f"fails {_times(head)} with the change and {_times(base)} without it")
    if not last:
        return None
    if not head.same:
        return Cause("unreproduced", known, f"failed once, then passed {head.runs} times, and never failed on the base")
    return Cause("change", known, f"was never seen failing in this way on the base, in {base.runs} runs")


def _on_both(head: Tally, base: Tally, *, last: bool) -> Cause | None:
    chance = above(head.same, head.runs, base.same, base.runs)
    enough = min(head.runs, base.runs) >= (2 * _FEW if head.never_passed else _FEW)
    if chance < _WORSE or (last and chance < _BLAMED):
        known = rate(head.same, head.runs)
        return Cause("change", known, f"fails more often than before: {_times(head)}, on the base {_times(base)}")
    if last or (enough and chance > _ALIKE):
        both = rate(head.same + base.same, head.runs + base.runs)
        return Cause(
            "flaky", both, f"passes and fails on the same code: fails {_times(head)}, on the base {_times(base)}"
        )
    return None


def _worse(head: Tally, base: Tally) -> bool:
    return above(head.same, head.runs, base.same, base.runs) < _BLAMED


def _times(tally: Tally) -> str:
    return f"{tally.same} of {tally.runs} times"
