"""Pyright and basedpyright: indented diagnostics with their explanation on the lines below."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format

_RULE = re.compile(r"(?P<message>.*?) ?\((?P<rule>report\w+)\)$", re.DOTALL)
_MORE = re.compile(r"[ \xa0]{3,}\S")
_IMPORT = re.compile(r'Import "([\w.]+)" could not be resolved')


def error(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line:col - error: message`, the rule at the end of the last line."""
    lines = cursor.take_while(
        lambda text: _MORE.match(text) and " - error: " not in text and " - warning: " not in text, 40
    )
    text = "\n".join([match["message"], *(" ".join(line.split()) for line in lines)])
    ruled = _RULE.match(text)
    message, rule = (ruled["message"], ruled["rule"]) if ruled else (text, None)
    missing = _IMPORT.match(message)
    yield Failure(
        "pyright",
        "type",
        message,
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]),
        symbol=missing[1] if missing else None,
        code=rule,
        confidence=BLOCK,
    )


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`5 errors, 0 warnings, 0 informations`, the trailer."""
    del cursor
    yield Tally("pyright", int(match["count"]))


FORMAT = Format(
    "pyright",
    starts={
        r" *(?P<file>\S.*?):(?P<line>\d+):(?P<col>\d+) - error: (?P<message>.+)": error,
        r"(?P<count>\d+) errors?, \d+ warnings?(?:, \d+ (?:informations?|notes?))? ?$": total,
    },
)
