"""Stack traces of JavaScript engines, wherever they are printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dspy_ci.failures.failure import Frame, Kind
from dspy_ci.failures.trace import frame

EXCEPTION = r"(?P<exc>(?:[A-Z]\w*\.)*[A-Z]\w*(?:Error|Exception|Failure|Warning|Timeout)|Error)"
_RAISED = re.compile(EXCEPTION + r"(?: \[(?P<code>\w+)\])?(?:: (?P<msg>.*)|$)")
_PLACE = r"(?P<file>(?:[A-Za-z]:[\\/])?[^\s():][^():]*?):(?P<line>\d+)(?::(?P<col>\d+))?"
_FRAME = re.compile(
    r"[ \t│]*(?:at|❯) (?:async )?(?:new )?"
    rf"(?:(?P<func>[^\s(][^()]*?(?: \[as [^\]]+\])?) \((?:{_PLACE})\)"
    r"|(?P<arrow>[\w.$<>#]+ )?(?P<bare>\S.*:\d+(?::\d+)?))"
    r"(?:\s*\{)?$"
)
_BARE = re.compile(rf"\(?{_PLACE}\)?$")
_SCHEME = re.compile(r"(?:file://(?=/)|webpack(?:-internal)?:///(?:\./)?|webpack://[^/]*/(?:\./)?)")
_DRIVE = re.compile(r"/(?=[A-Za-z]:[\\/])")
_MISSING = re.compile(
    r"(?:Cannot find (?:module|package)|Can't resolve|Failed to resolve import|Failed to load url"
    r"|Could not resolve|Unable to resolve(?: path to)? module)"
    r" [\"'‘`]?(?P<name>[^\s\"'’`]+)"
)
_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (_MISSING, "import"),
    (re.compile(r"SyntaxError\b|.*(?:Transform failed|Unexpected token|Parse failure)"), "syntax"),
    (re.compile(r".*ENOSPC\b"), "disk"),
    (re.compile(r".*(?:ETIMEDOUT|ECONNRESET|ENOTFOUND|EAI_AGAIN|ECONNREFUSED)\b"), "network"),
)


def frames_of(lines: Iterable[str]) -> tuple[Frame, ...]:
    """The frames that lines show, outermost first: JavaScript prints them the other way round."""
    return tuple(reversed(list(_frames(lines))))


def _frames(lines: Iterable[str]) -> Iterator[Frame]:
    for text in lines:
        match = _FRAME.match(text)
        if not match:
            continue
        place = match if match["file"] else _BARE.match(match["bare"])
        if place:
            yield frame(
                bare_path(place["file"]), place["line"], match["func"] or (match["arrow"] or "").strip() or None
            )


def bare_path(path: str) -> str:
    """A path without the scheme of a URL."""
    return _DRIVE.sub("", _SCHEME.sub("", path, count=1), count=1)


def raised(text: str) -> tuple[str | None, str | None, str]:
    """Exception, code and message of a line like `TypeError [CODE]: message`; a plain message is itself."""
    match = _RAISED.match(text.strip())
    if not match:
        return None, None, text.strip()
    return match["exc"], match["code"], (match["msg"] or "").strip()


def kind_of(text: str, otherwise: Kind) -> Kind:
    """What an error is about, by its first line."""
    return next((kind for pattern, kind in _KINDS if pattern.search(text)), otherwise)


def missing_module(text: str) -> str | None:
    """The module that an error says is missing."""
    match = _MISSING.search(text)
    return match["name"] if match else None
