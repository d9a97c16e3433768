"""ESLint and what reports like it (stylelint, next lint): stylish, compact, unix, JSON; its own crashes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dspy_ci.failures.confidence import BLOCK, LINE, REPORT
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import PLACE, Format

_FILE = re.compile(r"(?P<file>(?:[A-Za-z]:[\\/])?[^\s:()'\"`,;|<>*][^:()'\"`,;|<>*]*\.\w+)$")
_ROW = re.compile(
    r"\s*(?P<line>\d+):(?P<col>\d+)\s+(?!.*  \([\w-]+\)$)(?P<level>error|warning|Error:|Warning:|✖|⚠|×)\s+"
    r"(?P<message>\S.*?)(?:\s\s+(?P<code>@?[a-z][\w@/-]*)|\s+(?P<bare>@?[\w-]+/[\w/-]+))?$"
)
_TOO_MANY = re.compile(r"ESLint found too many warnings")
_TRAILER = re.compile(r"[✖×] \d+ problems? \((?P<errors>\d+) errors?")
_ERRORS = {"error", "Error:", "✖", "×"}


def stylish(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A path on its own line, then `line:col  error  message  rule`; it begins with the first of these rows."""
    path = next((found for text in reversed(cursor.behind(1)) if (found := _FILE.match(text))), None)
    row = _ROW.match(match.string)
    while path and row:
        if row["level"] in _ERRORS or _warnings_count(cursor):
            number = (cursor.number, cursor.number)
            yield _failure(path["file"], row, row["code"] or row["bare"], number)
        row = _ROW.match(cursor.peek() or "")
        if row:
            cursor.take()


def _warnings_count(cursor: Cursor) -> bool:
    """With --max-warnings the run fails for warnings alone, which only its very end tells."""
    for ahead in range(1500):
        text = cursor.peek(ahead)
        if text is None:
            return False
        if trailer := _TRAILER.match(text):
            rest = (cursor.peek(ahead + i) or "" for i in range(1, 6))
            return trailer["errors"] == "0" and any(_TOO_MANY.match(line) for line in rest)
    return False


def one_line(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The formats `unix` and `compact`: everything on one line."""
    del cursor
    if match["level"] == "Error":
        yield _failure(match["file"], match, match["code"], None)


def _failure(file: str, row: re.Match[str], code: str | None, span: tuple[int, int] | None) -> Failure:
    message = row["message"].rstrip()
    return Failure(
        "eslint",
        _kind(message, code),
        message,
        file=file,
        line=int(row["line"]),
        col=int(row["col"]),
        code=code,
        log_span=span,
        confidence=LINE,
        fixable_hint=Hint("command", f"prettier --write {file}") if code == "prettier/prettier" else None,
    )


def _kind(message: str, code: str | None) -> Kind:
    if message.startswith("Parsing error"):
        return "syntax"
    return "format" if code == "prettier/prettier" else "lint"


def report(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`-f json`: the whole run on one line."""
    del cursor
    try:
        files = json.loads(match.string)
    except (ValueError, RecursionError):
        return
    for file in files:
        for message in file.get("messages", ()) if isinstance(file, dict) else ():
            if isinstance(message, dict) and message.get("severity") == 2:
                yield _reported(str(file.get("filePath")), message)


def _reported(file: str, message: Mapping[str, Any]) -> Failure:
    text, code = str(message.get("message", "")), message.get("ruleId")
    return Failure(
        "eslint",
        _kind(text, code),
        text,
        file=file,
        line=message.get("line"),
        col=message.get("column"),
        end_line=message.get("endLine"),
        code=code,
        confidence=REPORT,
        fixable_hint=Hint("command", f"eslint --fix {file}") if message.get("fix") else None,
    )


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`✖ 3 problems (3 errors, 0 warnings)`."""
    del cursor
    yield Tally("eslint", int(match["errors"]))


def crash(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Oops! Something went wrong! :(`, then version and reason."""
    del match
    lines = cursor.take_until(lambda text: text.startswith(("##[", "npm ")), limit=60)
    said = [text.strip() for text in lines if text.strip() and not text.startswith(("ESLint: ", "    at "))]
    file = next(
        (
            found["file"]
            for text in said
            if (found := re.search(r"\"?(?P<file>[^\s\"»:]*\.?eslint[^\s\"»:]*\.\w+)", text))
        ),
        None,
    )
    yield Failure("eslint", "config", " ".join(said[:3]) or "ESLint crashed", file=file, confidence=BLOCK)


FORMAT = Format(
    "eslint",
    starts={
        r"\s*\d+:\d+\s+(?:error|warning|Error:|Warning:|✖|⚠|×)\s": stylish,
        PLACE + r":(?P<col>\d+): (?P<message>.+) \[(?P<level>Error|Warning)(?:/(?P<code>[^\]]+))?\]$": one_line,
        r"(?P<file>(?:[A-Za-z]:[\\/])?[^\s:]+): line (?P<line>\d+), col (?P<col>\d+), (?P<level>Error|Warning) - "
        r"(?P<message>.+?)(?: \((?P<code>[^()]+)\))?$": one_line,
        r'\[\{"filePath":"': report,
        r"[✖×] \d+ problems? \((?P<errors>\d+) errors?, \d+ warnings?\)": total,
        r"Oops! Something went wrong! :\(": crash,
    },
)
