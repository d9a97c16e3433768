"""A step of an experiment, told while people wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A step that is over, and what it found."""

    stage: str
    text: str
