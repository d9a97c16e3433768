"""One line of a log, freed of its envelope."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """A line as the tool printed it: no stamps, no colour, no carriage-return progress."""

    text: str
    """Without line end; lines of megabytes keep head and tail."""
    number: int
    """1-based, in the source as it was given."""
    step: str | None = None
    """The CI step that printed it, where the envelope tells."""
    job: str | None = None
    """The CI job, where the envelope tells."""
    stream: str = "out"
    """`out`, `err`, or `meta` for lines of the CI system itself."""
