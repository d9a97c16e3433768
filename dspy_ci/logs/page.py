"""A run of consecutive lines of one step: how lines travel when there are millions of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dspy_ci.logs.line import Line


@dataclass(frozen=True, slots=True)
class Page:
    """Lines that share step, job and stream; a million of them cost no million objects."""

    texts: tuple[str, ...]
    first: int
    """Number of the first line, 1-based."""
    step: str | None = None
    job: str | None = None
    stream: str = "out"
    """`out`, or `meta` for what the CI system itself prints."""

    def lines(self) -> Iterator[Line]:
        """The same, one record per line."""
        for number, text in enumerate(self.texts, self.first):
            yield Line(text, number, self.step, self.job, self.stream)
