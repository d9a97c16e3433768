"""Conflict markers that a merge left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.codebase.difference import Difference
from dspy_ci.failures.failure import Failure, Hint

_MARKERS = re.compile(r"^<<<<<<< .*\r?\n(?:.*\n)*?^=======\r?\n(?:.*\n)*?^>>>>>>> ", re.MULTILINE)
_PROSE = (".md", ".rst", ".txt", ".adoc", ".diff", ".patch")


def found(difference: Difference) -> Iterator[Failure]:
    """One failure for each file that has the three markers in a row, unless they may be meant or stood there before."""
    for move in difference.moves:
        path = move.after
        text = difference.after.text(path) if path else None
        if path is None or text is None or "<<<<<<< " not in text or _may_quote(difference, path):
            continue
        if (match := _MARKERS.search(text)) and "\n<<<<<<< " not in f"\n{_old(difference, move.before)}":
            yield Failure(
                "dspy-ci", "syntax", "a conflict marker was left behind", path, text.count("\n", 0, match.start()) + 1,
                code="conflict-marker", fixable_hint=Hint("command", "git diff --cached --check"),
            )  # fmt: skip


def _may_quote(difference: Difference, path: str) -> bool:
    """Whether the file may hold markers as an example: prose, or Python that parses all the same."""
    return path.endswith(_PROSE) or (path.endswith(".py") and difference.after.tree(path) is not None)


def _old(difference: Difference, path: str | None) -> str:
    return (difference.before.text(path) if path else None) or ""
