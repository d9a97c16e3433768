"""GCC and Clang: errors with a place, warnings that were made errors, what kills the compiler."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import COLUMN, PLACE, Format
from dspy_ci.failures.paths import is_ours

_WERROR = re.compile(r"(?P<message>.*?) \[-Werror(?:=(?P<gcc>[\w+=-]+)|,-W(?P<clang>[\w+=-]+))\]$")
_RULE = re.compile(r"(?P<message>.*?) \[-W(?P<code>[\w+=-]+)\]$")
_SYMBOL = re.compile(
    r"[‘'`](?P<name>[^’'`]+)[’'] (?:undeclared|was not declared|has not been declared|does not name a type)"
    r"|(?:use of undeclared identifier|unknown type name|no member named) [‘'](?P<other>[^’']+)"
    r"|(?P<header>\S+\.\w+): No such file or directory|[‘'](?P<clang>[^’']+)[’'] file not found"
)
_REQUIRED = re.compile(rf"{PLACE}:(?P<col>\d+): (?:  required from here|note: in instantiation of .* requested here)")
_INCLUDED = re.compile(r"\s+from (?P<file>[^\s:,]+):(?P<line>\d+)")


def diagnostic(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line:col: error: message`; the excerpt below tells GCC from Clang."""
    if match["file"].endswith((".py", ".pyi", ".rs", ".go")):
        return
    message, code = match["message"].rstrip(), None
    if rule := _WERROR.match(message) or _RULE.match(message):
        groups = rule.groupdict()
        message, code = rule["message"], groups.get("gcc") or groups.get("clang") or groups.get("code")
    failure = _failure(match, message, code, "clang" if _is_clang(cursor) else "gcc")
    ours = None if is_ours(match["file"]) else _instantiation(cursor)
    if ours:
        failure = replace(failure, file=ours["file"], line=int(ours["line"]), col=int(ours["col"]))
    yield failure


def _instantiation(cursor: Cursor) -> re.Match[str] | None:
    """Where our code asks for the template that fails in a foreign header."""
    told = [*reversed(cursor.behind(40)), *filter(None, map(cursor.peek, range(40)))]
    places = (match for text in told if (match := _REQUIRED.match(text)))
    return next((place for place in places if is_ours(place["file"])), None)


def _is_clang(cursor: Cursor) -> bool:
    """Clang showed the source without line numbers for twenty years; GCC has had them since version 9."""
    source, caret = cursor.peek() or "", cursor.peek(1) or ""
    return not re.match(r"\s*\d+ \|", source) and bool(re.match(r"\s*~*\^", caret)) and "^" not in source


def _failure(match: re.Match[str], message: str, code: str | None, tool: str) -> Failure:
    named = _SYMBOL.search(message)
    col = match["col"]
    return Failure(
        tool,
        "compile",
        f"fatal error: {message}" if match["level"] == "fatal error" else message,
        file=match["file"],
        line=int(match["line"]),
        col=int(col) if col else None,
        symbol=next(filter(None, named.groups()), None) if named else None,
        code=code,
        confidence=LINE,
    )


def included(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`In file included from ours, theirs:line: error:`; an error in a foreign header is blamed on who included it."""
    chain = [match, *(_INCLUDED.match(text) for text in cursor.take_while(_INCLUDED.match, limit=200))]
    head = re.match(rf"{PLACE}{COLUMN}: (?P<level>error|fatal error): (?P<message>.+)", cursor.peek() or "")
    if not head or is_ours(head["file"]):
        return
    ours = next((link for link in chain if link and is_ours(link["file"])), None)
    if ours:
        cursor.take()
        yield Failure("gcc", "compile", head["message"], file=ours["file"], line=int(ours["line"]), confidence=LINE)


def driver(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`gcc: error: unrecognized command-line option`, or the compiler was killed."""
    del cursor
    message = match["message"]
    if re.match(r"ld returned|linker command failed|command failed", message):
        return
    kind: Kind = "usage"
    if re.search(r"Killed|signal 9|out of memory|Cannot allocate memory", message):
        kind = "oom"
    elif match["level"].startswith("internal") or "Segmentation fault" in message:
        kind = "crash"
    elif "No such file" in message or "cannot find" in message:
        kind = "config"
    yield Failure("gcc", kind, message, confidence=LINE)


_DRIVER = r"\S*(?:gcc|g\+\+|cc|c\+\+|cc1|cc1plus|clang|clang\+\+)(?:-\d+)?(?:\.exe)?"
FORMAT = Format(
    "gcc",
    starts={
        PLACE + COLUMN + r": (?P<level>error|fatal error|internal compiler error): (?P<message>.+)": diagnostic,
        r"In file included from (?P<file>[^\s:,]+):(?P<line>\d+)": included,
        _DRIVER + r": (?P<level>error): (?P<message>.+)": driver,
        _DRIVER + r": (?P<level>fatal error): (?P<message>.+)": driver,
        _DRIVER + r": (?P<level>internal compiler error): (?P<message>.+)": driver,
    },
)
