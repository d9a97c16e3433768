"""Pnpm: one code per error, in three shapes by version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"NO_SCRIPT|RECURSIVE_(?:RUN|EXEC)_NO_"), "command"),
    (re.compile(r"FETCH_(?:40[13])|.*_AUTH"), "permission"),
    (re.compile(r"FETCH_404|NO_MATCHING|NO_VERSIONS"), "dependency"),
    (re.compile(r"(?:META_)?FETCH|TARBALL_FETCH|BROKEN_METADATA|ECONN|ETIMEDOUT"), "network"),
    (re.compile(r"NO_(?:IMPORTER_MANIFEST|PKG_MANIFEST)|BAD_PM_VERSION|INVALID_|JSON_PARSE|.*CONFIG"), "config"),
    (re.compile(r"ENOSPC"), "disk"),
)
_WRAPPERS = re.compile(r"(?:RECURSIVE_(?:RUN|EXEC)_FIRST_FAIL|RECURSIVE_FAIL)")
_SCRIPT = re.compile(r"Missing script: (?P<name>\S+)|.*(?:GET|No matching version found for) (?P<what>\S+?)[:,]? ")


def error(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERR_PNPM_X  message`, or the code and the tree of causes below it."""
    code = match["code"]
    message = match["message"].strip()
    details = cursor.take_while(lambda text: not text or text.startswith((" ", "\t")), limit=60)
    end = next((i for i, text in enumerate(details) if text.strip().startswith("help:")), None)
    told = " ".join(text.strip(" ×╰─▶├│") for text in details[:end] if text.strip())
    named = _SCRIPT.match(message)
    locked = code.endswith(("OUTDATED_LOCKFILE", "LOCKFILE_CONFIG_MISMATCH", "FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE"))
    yield Failure(
        "pnpm",
        _kind(code),
        f"ERR_PNPM_{code} {message or told[:300]}".strip(),
        symbol=next(filter(None, named.groups()), None) if named else None,
        code=f"ERR_PNPM_{code}",
        confidence=WRAPPER if _WRAPPERS.match(code) else BLOCK,
        fixable_hint=Hint("command", "pnpm install --lockfile-only") if locked else None,
    )


def lifecycle(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A script failed: what it printed above tells why."""
    del cursor
    yield Failure("pnpm", "command", match["message"].strip(), code="ELIFECYCLE", confidence=WRAPPER)


def _kind(code: str) -> Kind:
    if _WRAPPERS.match(code):
        return "command"
    return next((kind for pattern, kind in _KINDS if pattern.match(code)), "dependency")


_BODY = r"ERR_PNPM_(?P<code>[A-Z0-9_]+)\s*(?P<message>.*)"
FORMAT = Format(
    "pnpm",
    starts={
        _BODY: error,
        r"(?:\s|Error: |\[)" + _BODY: error,
        r"\sELIFECYCLE\s+(?P<message>(?:Command|Test) failed.*)": lifecycle,
    },
)
