"""Which lines of the new file a patch of the forge shows: there, and only there, a comment can stand."""

from __future__ import annotations

import re

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")


def right_lines(patch: str) -> dict[int, int]:
    """Each line of the new file that the patch shows -> the number of its hunk."""
    shown: dict[int, int] = {}
    line, left, hunk = 0, 0, 0
    for text in patch.split("\n"):
        if match := _HUNK.match(text):
            line, left, hunk = int(match[1]), int(match[2] or 1), hunk + 1
        elif left and text[:1] in {" ", "+"}:
            shown[line] = hunk
            line, left = line + 1, left - 1
    return shown
