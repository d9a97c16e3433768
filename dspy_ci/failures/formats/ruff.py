"""Ruff: lint and format, full frames and one-liners, syntax errors and its own configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from dspy_ci.failures.confidence import BLOCK, LINE, SUMMARY
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import COLUMN, PLACE, Format

CODE = r"(?P<code>[A-Z]{1,6}\d{2,5}|invalid-syntax)"
_ARROW = re.compile(r" *--> (?P<file>.+?):(?P<line>\d+)(?::(?P<col>\d+))?$")
_FRAME = re.compile(r" *(?:\d+ )?[|+-]|help: | *$|info: ")
_RUN = 2000
_CONCISE = re.compile(rf"{PLACE}{COLUMN}: {CODE}:? (?P<fix>\[\*\] )?(?P<message>.+)")
_MARK = re.compile(r": (?:[A-Z]+\d+ \[\*\] |invalid-syntax: |[A-Z]+\d+ [^`]*`)")
_TRAILER = re.compile(r"Found \d+ errors?|\[\*\] |  help: ")
_DIFF = re.compile(r"--- |\+\+\+ |@@ |[-+ ]|$")
_CONFIG = re.compile(r"from `(?P<file>[^`]+)`|Failed to (?:parse|load) (?:configuration )?`?(?P<other>[^\s`:]+)")


def full(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`CODE [*] message`, an arrow to the place, a frame, and since 0.17 the fix as a diff."""
    arrow = _ARROW.match(cursor.peek() or "")
    if not arrow:
        return
    cursor.take()
    frame = cursor.take_while(lambda text: _FRAME.match(text) and not _ARROW.match(text), limit=200)
    code = match["code"]
    yield Failure(
        "ruff",
        kind_of(code),
        match["message"],
        file=arrow["file"],
        line=int(arrow["line"]),
        col=int(arrow["col"] or 1),
        code=None if code == "unformatted" else code,
        confidence=BLOCK,
        fixable_hint=_hint(code, match["fix"], frame),
    )


def concise(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line:col: CODE [*] message`; flake8 writes nearly the same, but marks no fixes and prints no trailer."""
    if cursor.number in cursor.refused:
        return
    texts = [match.string, *_run(cursor)]
    if not any(_MARK.search(text) for text in texts) and not _TRAILER.match(cursor.peek(len(texts) - 1) or ""):
        cursor.refused.update(range(cursor.number, cursor.number + len(texts)))
        return
    for index, text in enumerate(texts):
        if violation := _CONCISE.match(text):
            if index:
                cursor.take()
            yield _violation(violation, cursor.number)


def _run(cursor: Cursor) -> Iterator[str]:
    """The lines of the same shape that follow."""
    return takewhile(_CONCISE.match, (cursor.peek(distance) or "" for distance in range(_RUN)))


def _violation(match: re.Match[str], number: int) -> Failure:
    code = match["code"]
    return Failure(
        "ruff",
        kind_of(code),
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]) if match["col"] else None,
        code=code,
        log_span=(number, number),
        confidence=LINE,
        fixable_hint=Hint("command", "ruff check --fix") if match["fix"] else None,
    )


def unformatted(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Would reformat: path`, the dialect before 0.12."""
    del cursor
    hint = Hint("command", f"ruff format {match['file']}")
    yield Failure("ruff", "format", match[0], file=match["file"], confidence=LINE, fixable_hint=hint)


def unparsable(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error: Failed to parse path:line:col: message`, the dialect before 0.5."""
    del cursor
    yield Failure(
        "ruff",
        "syntax",
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]),
        code="E999",
        confidence=SUMMARY,
    )


def diffs(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`1 file would be reformatted` below the diffs of `ruff format --diff`, which name the files."""
    behind = cursor.behind(2000)
    start = next((i for i in range(len(behind) - 1, -1, -1) if not _DIFF.match(behind[i])), -1) + 1
    patch = "\n".join(behind[start:]).strip("\n")
    for file in re.findall(r"^\+\+\+ (\S+)$", patch, re.MULTILINE):
        yield Failure("ruff", "format", match[0], file=file, confidence=LINE, fixable_hint=Hint("patch", patch))


def configuration(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ruff failed` and the chain of causes; the last one tells."""
    del match
    causes = cursor.take_while(lambda text: text.startswith("  "), limit=50)
    if not causes:
        return
    text = " ".join(cause.strip().removeprefix("Cause: ") for cause in causes)
    place = _CONFIG.search(text)
    file = (place["file"] or place["other"]) if place else None
    yield Failure("ruff", "config", text, file=file, confidence=BLOCK)


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Found 7 errors.`, the trailer."""
    del cursor
    yield Tally("ruff", int(match["count"]))


def kind_of(code: str) -> Kind:
    """What a rule is about."""
    if code in {"invalid-syntax", "E999"}:
        return "syntax"
    if code == "unformatted":
        return "format"
    return "security" if re.match(r"S\d", code) else "lint"


def _hint(code: str, fix: str | None, frame: Sequence[str]) -> Hint | None:
    """The diff that ruff prints under a diagnostic it can mend, else the command that mends it."""
    diff = [text for text in frame if re.match(r"( *\d* )[-+|] ", text)]
    if any(re.match(r" *\d* *[-+] ", text) for text in diff):
        return Hint("patch", "\n".join(diff))
    if code == "unformatted":
        return Hint("command", "ruff format")
    return Hint("command", "ruff check --fix") if fix else None


FORMAT = Format(
    "ruff",
    starts={
        rf"{CODE}:? (?P<fix>\[\*\] )?(?P<message>.+)": full,
        r"(?P<code>unformatted)(?P<fix>): (?P<message>.+)": full,
        _CONCISE.pattern: concise,
        r"Would reformat: (?P<file>.+)": unformatted,
        rf"error: Failed to parse {PLACE}:(?P<col>\d+): (?P<message>.+)": unparsable,
        r"\d+ files? would be reformatted(?:, \d+ files? already formatted)?$": diffs,
        r"ruff failed$": configuration,
        r"Found (?P<count>\d+) errors?(?: \(\d+ fixed, \d+ remaining\))?\.$": total,
    },
)
