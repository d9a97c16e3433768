"""Terraform and OpenTofu: `Error:` in a box or bare, then the place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_BAR = re.compile(r"│ ?|╷|╵")
_ERROR = re.compile(r"Error: (?P<title>\S.*)$")
_PLACE = re.compile(r"\s+on (?P<file>.+?) line (?P<line>\d+)(?:, in .*)?:?$")
_NAMED_PLACE = re.compile(r"\bat (?P<file>\S+\.tf):(?P<line>\d+)")
_WITH = re.compile(r"\s+with (?P<name>\S+),$")
_KINDS: tuple[tuple[str, Kind], ...] = (
    (r"Invalid (?:expression|character|block definition|multi-line string|template|number literal)", "syntax"),
    (r"Unclosed|Missing newline|Argument or block definition|Unterminated|Extra characters", "syntax"),
    (r"Missing (?:key|attribute|item|expression)", "syntax"),
    (r".*(?:query available provider|install provider|download module|resolve provider)", "dependency"),
    (r"Inconsistent dependency lock|Module not installed|Unsupported Terraform Core", "dependency"),
    (r".*state lock", "infra"),
    (r".*(?:AccessDenied|Access ?Denied|Unauthorized|Forbidden|no valid credential|ExpiredToken)", "permission"),
    (r".*(?:timeout|timed out|dial tcp|no such host|connection re)", "network"),
)
_KNOWN = re.compile(
    r"Backend|Failed to|Inconsistent|Module|Invalid|Missing|Unsupported|Reference to|No (?:configuration|value)"
    r"|Error acquiring"
    r"|Duplicate|Unknown|Provider|Cycle|Terraform|Could not load|Variables not allowed"
)


def boxed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A box of `│` with an error or a warning in it."""
    del match
    lines = [_BAR.sub("", text, count=1) for text in cursor.take_while(lambda text: text.startswith("│"), limit=500)]
    error = next((found for text in lines if (found := _ERROR.match(text))), None)
    if error:
        yield _failure(error["title"], lines)


def bare(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Error: title`, an empty line, the place, the excerpt; with colour switched off there is no box."""
    ahead = [cursor.peek(i) or "" for i in range(4)]
    placed = any(_PLACE.match(text) or _WITH.match(text) for text in ahead)
    if ahead[0] or not (placed or (_KNOWN.match(match["title"]) and _is_terraform(cursor))):
        return
    lines = cursor.take_until(lambda text: _ERROR.match(text) or text.startswith(("Warning: ", "##[")), limit=60)
    yield _failure(match["title"], lines)


def _is_terraform(cursor: Cursor) -> bool:
    return any(
        re.search(r"[Tt]erraform|[Tt]ofu", text)
        for text in [*cursor.behind(100), *filter(None, map(cursor.peek, range(12)))]
    )


def _failure(title: str, lines: Sequence[str]) -> Failure:
    place = next((found for text in lines if (found := _PLACE.match(text) or _NAMED_PLACE.search(text))), None)
    named = next((found["name"] for text in lines if (found := _WITH.match(text))), None)
    quoted = next((found[1] for text in lines if (found := re.search(r'named "([^"]+)"', text))), None)
    said = " ".join([title, *lines])
    kind: Kind = next((kind for pattern, kind in _KINDS if re.match(pattern, said)), "config")
    return Failure(
        "terraform",
        kind,
        title,
        file=place["file"] if place else None,
        line=int(place["line"]) if place else None,
        symbol=quoted or named,
        confidence=BLOCK,
    )


FORMAT = Format("terraform", starts={r"╷$": boxed, _ERROR.pattern: bare})
