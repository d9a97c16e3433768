"""Linkers: GNU ld, gold, lld and Apple's; they know objects and symbols, rarely lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_QUOTED = re.compile(r"[`'\"‘](?P<name>[^`'\"’]+)[`'\"’]|(?P<bare>[\w:~.()]+)$")
_BY = re.compile(r">>> referenced by (?P<file>[^\s:(]+)(?::(?P<line>\d+))?")
_LINKER = r"(?:\S*(?:ld(?:\.\w+)?|ld64\.lld|lld-link|collect2)(?:\.exe)?: )"
_SAID = ("undefined reference to ", "multiple definition of ", "undefined symbol", "duplicate symbol")
_LACKING = ("cannot find -l", "library not found for -l", "library '", "unable to find library -l")


def placed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`a.c:(.text+0x5): undefined reference to ...`, or `a.c:5: ...` where debug information is there."""
    del cursor
    line = match["line"]
    yield _failure(match["message"], match["file"], int(line) if line else None)


def bare(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Lld and Apple: the symbol first, who uses it on the next line."""
    by = _BY.match(cursor.peek() or "")
    cursor.take_while(lambda text: text.startswith(">>>"), limit=20)
    yield _failure(match["message"], by["file"] if by else None, int(by["line"]) if by and by["line"] else None)


def apple(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Undefined symbols for architecture arm64:` and the list."""
    lines = cursor.take_while(lambda text: text.startswith(" "), limit=500)
    for text in lines:
        if named := re.match(r'\s+"(?P<name>.+)", referenced from:', text):
            yield Failure("ld", "link", f"{match[0]} {text.strip()}", symbol=named["name"], confidence=LINE)


def missing(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A library that is not there."""
    del cursor
    yield Failure("ld", "link", match["message"], symbol=match["name"], confidence=LINE)


def wrapper(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The linker failed: what it said stands above."""
    del cursor
    yield Failure("ld", "link", match[0], confidence=WRAPPER)


def _failure(message: str, file: str | None, line: int | None) -> Failure:
    named = _QUOTED.search(message)
    symbol = (named["name"] or named["bare"]) if named else None
    ours = file if file and not file.endswith((".o", ".a", ".so", ".obj", ".lib")) else None
    return Failure("ld", "link", message, file=ours, line=line if ours else None, symbol=symbol, confidence=LINE)


_SPOT = r"(?P<file>(?:[A-Za-z]:[\\/])?[^\s:()]+):(?:(?P<line>\d+)|\(\.\w[^)]*\)): "
FORMAT = Format(
    "ld",
    starts={
        **{rf"{_LINKER}{_SPOT}(?P<message>{said}.+)": placed for said in _SAID},
        **{rf"{_SPOT}(?P<message>{said}.+)": placed for said in _SAID},
        **{rf"{_LINKER}(?:error: )?(?P<message>{said}.+)": bare for said in _SAID},
        r"Undefined symbols for architecture \w+:": apple,
        **{
            rf"{_LINKER}(?:error: |warning: )?(?P<message>{lacking}(?P<name>[\w.+-]+).*)": missing
            for lacking in _LACKING
        },
        r"collect2: error: ld returned|clang(?:\+\+)?(?:-\d+)?: error: linker command failed": wrapper,
    },
)
