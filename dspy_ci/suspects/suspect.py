"""Where the cause of a failure probably is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place in the code, and why we suspect it."""

    file: str
    start: int
    """First line, 1-based."""
    end: int
    """Last line, included."""
    score: float
    """Comparable within one ranking; 1.0 for the strongest."""
    symbol: str | None = None
    """The qualified name of the function or class around it."""
    why: tuple[str, ...] = ()
    """The evidence in words, strongest first."""
