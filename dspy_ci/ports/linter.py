"""A checker that reads single files, and its in-memory twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What a checker says about one place."""

    path: str
    line: int
    col: int
    code: str
    """`invalid-syntax` or the rule."""
    message: str


class Linter(Protocol):
    """Finds syntax errors and undefined names, by the settings of the project where it has some."""

    def diagnostics(self, files: Mapping[str, bytes]) -> Sequence[Diagnostic]:
        """What is wrong with the files, which also hold the project's own settings. Raises MissingError."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """The twin: says what it was told to say about the files it is given."""

    known: tuple[Diagnostic, ...] = ()

    def diagnostics(self, files: Mapping[str, bytes]) -> Sequence[Diagnostic]:
        """See Linter."""
        return [diagnostic for diagnostic in self.known if diagnostic.path in files]
