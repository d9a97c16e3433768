"""What is known about a red run, and the shape of what can be read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from dspy_ci.causes.hunk import Hunk
from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.renames import moved, renamed
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.repo import Change
from dspy_ci.suspects.priors import SHIPPED, Priors

_CONFIG = {"conftest.py", "setup.py", "noxfile.py", "tasks.py"}
_TEST_ROOMS = {"tests", "test", "testing"}


class Spot(NamedTuple):
    """A line of a file; line 0 means the file as a whole."""

    path: str
    line: int


class Clue(NamedTuple):
    """How strongly a spot is suspected, and why."""

    score: float
    """0 to 1; comparable within one kind of evidence."""
    why: str


Clues = Mapping[Spot, Clue]


@dataclass(frozen=True)
class Evidence:
    """A red run on one state of the code."""

    snapshot: Snapshot
    failures: tuple[Failure, ...]
    lines: Mapping[str, Mapping[str, frozenset[int]]] = field(default_factory=dict)
    """Test id to file to executed lines, where that was recorded."""
    red: frozenset[str] = frozenset()
    """Ids of failing tests."""
    green: frozenset[str] = frozenset()
    """Ids of passing tests."""
    changes: tuple[Change, ...] = ()
    difference: Difference | None = None
    """What this change did, against the commit that it left; None when there is nothing to compare with."""
    guilty: tuple[Hunk, ...] = ()
    """The parts of this change that turn the base red, by experiment."""
    priors: Priors = SHIPPED
    """What was learnt of this repository's bugs."""

    @cached_property
    def renamed(self) -> Mapping[str, tuple[str, ...]]:
        """By a name that this change took away, what it wrote in its place."""
        return renamed(self.difference) if self.difference else {}

    @cached_property
    def moved(self) -> Mapping[str, str]:
        """By a module that this change took away, the one that took its place."""
        return moved(self.difference) if self.difference else {}

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The files that may be at fault: Python, neither tests nor configuration."""
        return tuple(path for path in self.snapshot.python_paths if path.endswith(".py") and not is_test(path))

    @cached_property
    def test_paths(self) -> tuple[str, ...]:
        """The files of the failing tests."""
        ids = [*sorted(self.red), *(failure.test_id for failure in self.failures if failure.test_id)]
        return tuple(dict.fromkeys(name.split("::")[0] for name in ids))


def is_test(path: str) -> bool:
    """Whether a file is test code or configuration: never the culprit unless asked for."""
    parts = PurePosixPath(path)
    stem = parts.stem
    named = stem.startswith("test_") or stem.endswith("_test") or stem == "tests"
    return named or parts.name in _CONFIG or not _TEST_ROOMS.isdisjoint(parts.parts[:-1])
