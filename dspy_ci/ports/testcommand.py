"""How the project tells red from green."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TestCommand:
    """A command that tells red from green."""

    __test__ = False  # not a test class, whatever its name

    shown: str
    """As a person would type it."""
    argv: tuple[str, ...]
    python: str | None = None
    """The interpreter, when it is pytest; None for any other command."""
    args: tuple[str, ...] = ()
    """The words for pytest."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables that the command sets itself."""
    notes: tuple[str, ...] = ()
    """How it was found and what was left out, in words."""
    reads: tuple[str, ...] = ()
    """Folders of the programs that a shell command calls, which a sandbox must show; absolute."""
