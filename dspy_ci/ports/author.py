"""Who writes changes of code when no rule knows one, and the twin that writes what it was told to write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import Usage


class Brief(NamedTuple):
    """What an author is given."""

    task: str
    context: str
    """What is known: failing tests, what they print."""
    code: str
    """The files that may be changed, see `codebase.excerpts`."""
    feedback: str = ""
    """What was wrong with earlier answers."""


class Author(Protocol):
    """Writes search/replace blocks or whole functions; nothing that it writes is trusted."""

    @property
    def name(self) -> str:
        """As reports show it."""
        ...

    @property
    def usage(self) -> Usage:
        """What it has used so far."""
        ...

    def write(self, brief: Brief, number: int) -> str:
        """The answer of that number, the first is 0. Raises ModelError, and nothing else."""
        ...


@dataclass(slots=True)
class ScriptedAuthor:
    """The twin."""

    answers: Iterable[str | ModelError]
    name: str = "scripted"
    usage: Usage = field(default_factory=Usage)
    briefs: list[Brief] = field(default_factory=list)
    """Every brief so far."""

    def __post_init__(self) -> None:
        """Answers are given in order."""
        self.answers = iter(self.answers)

    def write(self, brief: Brief, number: int) -> str:
        """See Author."""
        del number
        self.briefs.append(brief)
        self.usage += Usage(1, 1)
        said = next(iter(self.answers), ModelError("empty", "the script is at its end"))
        if isinstance(said, ModelError):
            raise said
        return said
