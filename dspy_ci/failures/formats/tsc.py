"""The TypeScript compiler: plain and pretty, and the checkers that speak like it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import PLACE, Format

_PATH = r"(?P<file>(?:[A-Za-z]:[\\/])?[^\s:()'\"`,;|<>][^:()'\"`,;|<>]*?)"
_PRETTY = PLACE + r":(?P<col>\d+) - error (?P<code>TS\d+): (?P<message>.*)"
_PLAIN = _PATH + r"\((?P<line>\d+),(?P<col>\d+)\): error (?P<code>TS\d+): (?P<message>.*)"
_ANY = re.compile(_PRETTY + "$")
_NAMED = re.compile(r"(?:config|resolve|File) (?:file )?'(?P<file>[^']+)'")
_MODULE = re.compile(r"(?:Cannot find module|[Mm]odule|declaration file for module) '\"?(?P<name>[^'\"]+)")
_NAME = re.compile(r"(?:Cannot find name|Property|has no exported member(?: named)?) '(?P<name>[^']+)'")
_IMPORTS = {
    "TS2305",
    "TS2306",
    "TS2307",
    "TS2614",
    "TS2691",
    "TS2724",
    "TS2732",
    "TS2792",
    "TS2834",
    "TS2835",
    "TS7016",
}


def diagnostic(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path(line,col): error TS2322: message`, or the pretty `path:line:col - error ...`; details are indented."""
    details = cursor.take_while(_is_detail, limit=60)
    failure = _failure(match)
    if details and failure.message.endswith(":"):
        failure = replace(failure, message=f"{failure.message} {details[0].strip()}")
    yield failure


def _is_detail(text: str) -> object:
    return text.startswith("  ") and not re.match(r"\s*\S+(?:\(\d+,\d+\)|:\d+:\d+):? (?:- )?error TS", text)


def project(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error TS18003: ...` without a place speaks of the project."""
    del cursor
    named = _NAMED.search(match["message"])
    file = named["file"] if named else None
    kind: Kind = "config" if match["code"] not in _IMPORTS else "import"
    yield Failure("tsc", kind, match["message"], file=file, code=match["code"], confidence=LINE)


def bundled(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERROR in path:line:col` and the diagnostic on the next line: checkers inside bundlers."""
    following = re.match(r"\s*(?:error )?(?P<code>TS\d+): (?P<message>.*)", cursor.peek() or "")
    if following:
        cursor.take()
        yield Failure(
            "tsc",
            kind_of(following["code"]),
            following["message"],
            file=match["file"],
            line=int(match["line"]),
            col=int(match["col"]),
            code=following["code"],
            confidence=BLOCK,
        )


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Found 3 errors in 2 files.` is the trailer."""
    del cursor
    yield Tally("tsc", int(match["count"]))


def diagnostics(lines: Sequence[str], span: tuple[int, int]) -> Iterator[Failure]:
    """The pretty diagnostics that another tool shows in its own block."""
    for text in lines:
        if match := _ANY.match(text):
            yield replace(_failure(match), log_span=span)


def _failure(match: re.Match[str]) -> Failure:
    message = match["message"].strip()
    named = _MODULE.search(message) if kind_of(match["code"]) == "import" else _NAME.search(message)
    return Failure(
        "tsc",
        kind_of(match["code"]),
        message,
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]),
        symbol=named["name"] if named else None,
        code=match["code"],
        confidence=LINE,
    )


def kind_of(code: str) -> Kind:
    """By the hundreds in which TypeScript numbers its errors: 1xxx is syntax, 5xxx and 6xxx the configuration."""
    if code in _IMPORTS:
        return "import"
    if len(code) == 6 and code[2] in "156":
        return "syntax" if code[2] == "1" else "config"
    return "type"


FORMAT = Format(
    "tsc",
    starts={
        _PRETTY: diagnostic,
        _PLAIN: diagnostic,
        r"error (?P<code>TS\d+): (?P<message>.*)": project,
        rf"(?:\[tsl\] )?ERROR in {_PATH}[:(](?P<line>\d+)[:,](?P<col>\d+)\)?$": bundled,
        r"Found (?P<count>\d+) errors? in (?:the same file, starting at|\d+ files?\.$|[^\s(]+:\d+$)": total,
    },
)
