"""The author that is a language model: one answer of the program `edit` per question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dspy_ci.ports.author import Brief
from dspy_ci.ports.lm import LM, Usage
from dspy_ci.programs.edit import PROGRAM, rationale
from dspy_ci.programs.program import answer

_WARMTH = 0.8
"""Temperature of every answer but the first: others shall be different."""


def said(text: str) -> str:
    """The reason that a model gave, as a report tells it: nobody shall take its words for ours."""
    reason = rationale(text)
    return f"The model says: {reason}" if reason else "The model gave no reason."


@dataclass(frozen=True, slots=True)
class Writer:
    """See Author for the contract."""

    lm: LM
    name: str
    spent: Callable[[], Usage]
    instructions: str | None = None
    """Trained ones; those of the program when None."""
    max_tokens: int = 2048
    seed: int = 0

    @property
    def usage(self) -> Usage:
        """See Author."""
        return self.spent()

    def write(self, brief: Brief, number: int) -> str:
        """See Author."""
        return answer(
            PROGRAM,
            brief._asdict(),
            self.lm,
            instructions=self.instructions,
            max_tokens=self.max_tokens,
            temperature=_WARMTH if number else 0.0,
            seed=1000 * self.seed + number,
        )


@dataclass(slots=True)
class Rules:
    """The twin: what the rules know, once. See Author for the contract."""

    name: str = "rules"
    usage: Usage = Usage()  # noqa: RUF009 - it cannot be changed

    def write(self, brief: Brief, number: int) -> str:
        """See Author."""
        del number
        return PROGRAM.offline(brief._asdict())
