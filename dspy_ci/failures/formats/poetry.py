"""Poetry: resolution and lock file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_DEPENDS = re.compile(r"depends on ([\w.-]+) \(")


def unsolvable(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A proof in prose, from `Because` to `version solving failed`."""
    end = cursor.ahead(re.compile(r".*version solving failed\."), limit=60)
    here = "version solving failed." in match.string
    if end is None and not here:
        return
    lines = [match.string, *(cursor.take() for _ in range(0 if here or end is None else end + 1))]
    text = " ".join(line.strip() for line in lines)
    names = [name.lower() for name in _DEPENDS.findall(text)]
    conflicting = next((name for name in names if names.count(name) > 1), names[0] if names else None)
    yield Failure("poetry", "dependency", text, symbol=conflicting, confidence=BLOCK)


def stale_lock(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The lock file does not fit pyproject.toml any more."""
    del cursor
    hint = Hint("command", "poetry lock")
    yield Failure("poetry", "dependency", match[0], file="pyproject.toml", confidence=LINE, fixable_hint=hint)


FORMAT = Format(
    "poetry",
    starts={
        r"(?:Because|So, because|And because) .+": unsolvable,
        r"(?:Error: )?(?:pyproject\.toml changed significantly since poetry\.lock"
        r"|poetry\.lock is not up to date with pyproject\.toml).*": stale_lock,
    },
)
