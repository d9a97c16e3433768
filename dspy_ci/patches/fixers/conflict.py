"""Conflict markers that a merge left behind: one side, the other, or both."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BLOCK = re.compile(
    r"^<{7}[^\n]*\n(?P<ours>.*?)(?:^\|{7}[^\n]*\n.*?)?^={7}[^\n]*\n(?P<theirs>.*?)^>{7}[^\n]*(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)


def resolutions(text: str) -> Iterator[tuple[str, str]]:
    """The text with all conflicts resolved alike, and how; nothing when there is none."""
    if _BLOCK.search(text):
        yield _BLOCK.sub(lambda block: block["ours"], text), "conflict markers were left behind; the first side is kept"
        yield (
            _BLOCK.sub(lambda block: block["theirs"], text),
            "conflict markers were left behind; the second side is kept",
        )
        both = _BLOCK.sub(lambda block: block["ours"] + block["theirs"], text)
        yield both, "conflict markers were left behind; both sides are kept"
