"""The canonical diff: what is scored, shown and posted is what `git apply` takes."""

from __future__ import annotations

import difflib
import re
from itertools import chain

from dspy_ci.codebase.snapshot import Source

_PLAIN = re.compile(r"[ -!#-\[\]-~]+")
_NO_NEWLINE = "\\ No newline at end of file\n"


def unified(path: str, before: Source | None, after: Source | None) -> str:
    """The difference of one file as `git diff` prints it; None stands for an absent file, no difference is empty."""
    if before == after:
        return ""
    old, new = quoted(f"a/{path}"), quoted(f"b/{path}")
    head = [f"diff --git {old} {new}\n"]
    if before is None:
        head += ["new file mode 100644\n"]
    if after is None:
        head += ["deleted file mode 100644\n"]
    body = difflib.unified_diff(
        _lines(before), _lines(after), old if before else "/dev/null", new if after else "/dev/null"
    )
    return "".join(chain(head, map(_ended, body)))


def quoted(path: str) -> str:
    """The path in C style with double quotes where git would quote it."""
    if _PLAIN.fullmatch(path):
        return path
    octal = "".join(_escaped(byte) for byte in path.encode(errors="surrogateescape"))
    return f'"{octal}"'


def _escaped(byte: int) -> str:
    named = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    if byte in named:
        return named[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"  # printable ASCII


def _lines(source: Source | None) -> list[str]:
    """Split at line feeds only: a form feed or a carriage return is text to git."""
    if source is None or not source.text:
        return []
    parts = source.text.split("\n")
    last = [parts.pop()]
    return [f"{part}\n" for part in parts] + (last if last != [""] else [])


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"
