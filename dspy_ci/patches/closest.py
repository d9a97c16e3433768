"""What a file really says where somebody thought that it says something else: help for whoever has to write it anew."""

from __future__ import annotations

from difflib import SequenceMatcher

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.blocks import search_replace

_LONGEST = 4000
"""Lines of a file beyond which nobody looks."""
_SHOWN = 12


def closest(text: str, path: str, code: Snapshot) -> str:
    """The lines of the file that are most like the parts of a proposal that have no place in it, with their numbers."""
    lines = (code.text(path) or "").splitlines()
    if not lines or len(lines) > _LONGEST:
        return ""
    found = []
    for change in search_replace(text if text.endswith("\n") else f"{text}\n", code):
        for hunk in change.hunks:
            wanted = [row.text for row in hunk.old]
            if change.path == path and wanted and not _stands(wanted, lines):
                found.append(_nearest(wanted, lines))
    return "\n".join(dict.fromkeys(part for part in found if part))


def _stands(wanted: list[str], lines: list[str]) -> bool:
    stripped, size = [line.strip() for line in lines], len(wanted)
    looked = [line.strip() for line in wanted]
    return any(stripped[at : at + size] == looked for at in range(len(lines) - size + 1))


def _nearest(wanted: list[str], lines: list[str]) -> str:
    size = min(len(wanted), _SHOWN, len(lines))
    looked = "\n".join(line.strip() for line in wanted)
    matcher = SequenceMatcher(None, "", looked, autojunk=False)

    def likeness(at: int) -> float:
        matcher.set_seq1("\n".join(line.strip() for line in lines[at : at + size]))
        return matcher.ratio() if matcher.quick_ratio() > 0.4 else 0.0

    best = max(range(len(lines) - size + 1), key=likeness)
    if not likeness(best):
        return ""
    shown = "\n".join(lines[best : best + size])
    return f"lines {best + 1}-{best + size} of the file are:\n{shown}"
