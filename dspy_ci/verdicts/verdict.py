"""What was proved about a patch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    """Only `verified` is offered as a fix."""

    VERIFIED = "verified"
    """Red before, green after, nothing lost, and the copy was what ran."""
    REJECTED = "rejected"
    UNVERIFIED = "unverified"
    """It may be right, but the proof has a hole; the reason says which."""


@dataclass(frozen=True, slots=True)
class TestDelta:
    """Test ids by what the patch changed for them."""

    __test__ = False

    fixed: tuple[str, ...] = ()
    """Red before, passed after."""
    still_red: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    """Passed before, not passed after."""
    kept: int = 0
    """How many passed before and after."""
    unstable: tuple[str, ...] = ()
    """Their result changed between runs of the same code; they count neither way."""


@dataclass(frozen=True, slots=True)
class CheckDelta:
    """Diagnostics of a checker, before against after."""

    tool: str
    new: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """How anybody can check the verdict."""

    command: str
    base: str | None
    """The commit, None outside git."""
    digest: str
    """Sha256 of base tree, patch and results."""
    tier: str
    canary: bool
    """Whether the patched copy is known to be what ran."""
    runs: tuple[str, ...] = ()
    """Each run in words."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's word on one patch."""

    state: State
    reason: str
    """One sentence."""
    score: float | None = None
    """0 to 1, see `score.py`."""
    parts: Mapping[str, float | None] = field(default_factory=dict)
    tests: TestDelta = TestDelta()
    types: CheckDelta | None = None
    lint: CheckDelta | None = None
    evidence: Evidence | None = None

    @property
    def verified(self) -> bool:
        """Whether the patch may be offered as a fix."""
        return self.state is State.VERIFIED
