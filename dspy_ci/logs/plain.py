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
CONTROL = bytes({*range(32), 127} - set(b"\t\n\r\x1b\x07"))
"""Bytes that no tool means: they go before anything else looks; escapes and what ends them go later."""


def plain(text: str) -> str:
    """The text without escapes and carriage-return progress; the same number of lines."""
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    if "^[[" in text:
        text = _CARET.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        text = "\n".join(_overwritten(line) if "\r" in line else line for line in text.split("\n"))
    return text.replace("\x07", "") if "\x07" in text else text


def _overwritten(line: str) -> str:
    """What a terminal shows of a line in the end: the text after the last carriage return, and the marks before it."""
    before, _, shown = line.rstrip("\r").rpartition("\r")
    return before[: before.rfind("\x1e") + 1] + shown


def clipped(line: str) -> str:
    """The line, or head and tail of one that nobody reads in full."""
    if len(line) <= HEAD + TAIL:
        return line
    return f"{line[:HEAD]} ...[{len(line) - HEAD - TAIL} characters]... {line[-TAIL:]}"
