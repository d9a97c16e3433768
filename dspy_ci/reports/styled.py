"""Text with a meaning; the terminal decides how that looks."""

from __future__ import annotations

from typing import Literal, NamedTuple

Style = Literal["plain", "head", "good", "bad", "faint", "added", "removed", "place"]


class Styled(NamedTuple):
    """One line of a report."""

    text: str
    style: Style = "plain"
