"""A proposal as it was meant: what a chat or a page has done to the text is undone before it is read."""

from __future__ import annotations

import html
import re

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.hunk import FileChange

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#39|#x27);")
_INDENTED = re.compile(r"^(?P<indent>[ \t>]+)(?:diff --git |--- .*\n(?P=indent)\+\+\+ )", re.MULTILINE)
_STARTS = re.compile(r"^(?:diff --git |--- |@@)", re.MULTILINE)


def plain(text: str, code: Snapshot) -> str:
    """The text without the indentation of a quoted block, and without the entities of a page."""
    if not _STARTS.search(text) and (match := _INDENTED.search(text)):
        text = "\n".join(_outdented(line, match["indent"]) for line in text.split("\n"))
    if _ENTITY.search(text) and not any(_ENTITY.search(code.text(path) or "") for path in code.paths if path in text):
        return html.unescape(text)
    return text


def _outdented(line: str, indent: str) -> str:
    return line.removeprefix(indent) if line.startswith(indent) else line.removeprefix(indent.rstrip())


def spelt(change: FileChange, code: Snapshot) -> str:
    """The path under which the snapshot knows the file, or that of a new one without the prefix of diffs.

    A path of another machine is the file with the longest tail of it, when something of that file is named.
    """
    path = change.path or ""
    names = [path, *([path.partition("/")[2]] if path.startswith(("a/", "b/")) else [])]
    if any(hunk.old for hunk in change.hunks) and ".." not in path.split("/"):
        names += _tails(names[-1])
    known = next((name.removeprefix("./") for name in names if name.removeprefix("./") in code), None)
    return known or names[min(1, len(names) - 1) if path.startswith(("a/", "b/")) else 0].removeprefix("./")


def _tails(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in range(1, len(parts))]
