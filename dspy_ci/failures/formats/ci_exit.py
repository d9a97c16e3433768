"""How CI systems say that a step has failed; the cause lies inside the step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.finding import Ended, Finding
from dspy_ci.failures.format import Format


def ended(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The exit code of a step that failed."""
    del cursor
    code = match["code"]
    if code != "0":
        yield Ended(int(code) if code else None, match["message"])


FORMAT = Format(
    "ci",
    starts={
        r"##\[error\](?P<message>Process completed with exit code (?P<code>\d+))": ended,
        r"##\[error\](?P<message>(?:Bash|PowerShell|Cmd\.exe|The process '[^']*') (?:exited|failed) with "
        r"(?:exit )?code '?(?P<code>\d+))": ended,
        r"ERROR: (?P<message>Job failed: (?:command terminated with )?exit (?:code|status) (?P<code>\d+))": ended,
        r"ERROR: (?P<message>script returned exit code (?P<code>\d+))": ended,
        "\U0001f6a8 Error: " + r"(?P<message>The command exited with status (?P<code>\d+))": ended,
        r'(?P<message>The command "[^"]*" exited with (?P<code>\d+))': ended,
        r"(?P<message>Exited with code exit status (?P<code>\d+))": ended,
    },
    meta=True,
)
