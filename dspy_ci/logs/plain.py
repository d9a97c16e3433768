"""Text as the tool meant it: no colour, no links, no progress bars, no control characters."""

from __future__ import annotations

import re

HEAD, TAIL = 3072, 1024
"""What is kept of a line that is longer than both together."""

_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]P_^X][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC (links, titles), DCS, APC (Buildkite stamps)
    r"|\x1b[ -/]*[0-~]?"  # charset choice and other short ones
)
_CARET = re.compile(r"\^\[\[[0-9;]*[A-Za-z]")
_OVERWRITTEN = re.compile(r"[^\r\n\x1e]*\r+(?=[^\r\n])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c\x1d\x1f\x7f]")


def plain(text: str) -> str:
    """The text without escapes, carriage-return progress and control characters; the same number of lines."""
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    if "^[[" in text:
        text = _CARET.sub("", text)
    if "\r" in text:
        text = _OVERWRITTEN.sub("", text.replace("\r\n", "\n")).replace("\r", "")
    return text if text.isprintable() else _CONTROL.sub("", text)


def clipped(line: str) -> str:
    """The line, or head and tail of one that nobody reads in full."""
    if len(line) <= HEAD + TAIL:
        return line
    return f"{line[:HEAD]} ...[{len(line) - HEAD - TAIL} characters]... {line[-TAIL:]}"
