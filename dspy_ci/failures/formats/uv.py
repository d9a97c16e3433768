"""Uv: resolution, lock file, builds, programs that it cannot start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_MISSING = re.compile(r"Because (?P<name>[\w.-]+) was not found in")
_HINT = re.compile(r"hint: .*?`(?P<command>uv [^`]+)`")
_DECOR = re.compile(r"^[\s│├╰╭─▶\u00d7>]+|cause: |Caused by: ")


def unsolvable(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`No solution found`, then the reasoning in wrapped prose."""
    lines = cursor.take_while(lambda text: text.startswith(("  ", "      ", " ")) and text.strip(), limit=200)
    why = " ".join(_DECOR.sub("", text) for text in lines)
    missing = _MISSING.search(why)
    yield Failure(
        "uv",
        "dependency",
        f"No solution found when resolving dependencies: {why}".rstrip(": "),
        symbol=missing["name"] if missing else None,
        confidence=BLOCK,
    )
    del match


def stale_lock(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The lock file does not fit pyproject.toml any more; the cure stands in a hint below."""
    message = " ".join([match["message"], *(text.strip() for text in _wrapped(cursor))])
    cursor.skip_blank()
    hint = _HINT.match(cursor.peek() or "")
    if hint:
        cursor.take()
    command = hint["command"] if hint else "uv lock"
    yield Failure("uv", "dependency", message, confidence=BLOCK, fixable_hint=Hint("command", command))


def failed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error: Failed to ...` and its causes."""
    message = "; ".join([match["message"], *(_DECOR.sub("", text).strip() for text in _wrapped(cursor))])
    spawned = re.search(r"Failed to spawn: `([^`]+)`", message)
    yield Failure("uv", _kind(message), message, symbol=spawned[1] if spawned else None, confidence=BLOCK)


def _wrapped(cursor: Cursor) -> list[str]:
    return cursor.take_while(lambda text: text.startswith("  ") and text.strip(), limit=60)


def _kind(message: str) -> Kind:
    signs: dict[str, Kind] = {
        "Failed to spawn": "command",
        "Failed to parse": "config",
        "TOML parse error": "config",
        "No space left": "disk",
        "Failed to build": "packaging",
        "Failed to fetch": "network",
        "error sending request": "network",
        "No interpreter found": "config",
    }
    return next((kind for sign, kind in signs.items() if sign in message), "dependency")


FORMAT = Format(
    "uv",
    starts={
        r"(?:error: |  \u00d7 )No solution found when resolving.*": unsolvable,
        r"error: (?P<message>The lockfile at `[^`]+` needs to be updated.*|Unable to find lockfile at .*)": stale_lock,
        r"(?:error: |  \u00d7 )(?P<message>(?:Failed to (?:spawn|fetch|build|parse|download|prepare|install|resolve)"
        r"[: ].*`.*|No interpreter found|Distribution .* can't be installed).*)": failed,
    },
)
