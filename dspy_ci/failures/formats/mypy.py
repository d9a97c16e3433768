"""Mypy: one line per error, wrapped and framed with `--pretty`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import COLUMN, PLACE, Format

_CODE = re.compile(r"(?P<message>.*?) {1,2}\[(?P<code>[a-z][\w-]*)\]$")
_NEXT = re.compile(rf"{PLACE}|[^\s:]+: (?:error|note)|Found \d|Success")
_INSTALL = re.compile(r'Hint: "(?P<command>[^"]+)"')
_NAMED = re.compile(
    r'(?:for module named|not installed for|stubs? (?:file )?for|named|Name|Module|has no attribute) "([\w.-]+)"'
)


def error(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line: error: message  [code]`, with the notes that repeat its place."""
    if not match["file"].endswith((".py", ".pyi", ".ipynb")):
        return
    text = _unwrapped(match["message"], cursor)
    coded = _CODE.match(text)
    message, code = (coded["message"], coded["code"]) if coded else (text, None)
    notes = _notes(match["file"], cursor)
    yield Failure(
        "mypy",
        _kind(message, code),
        message,
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]) if match["col"] else None,
        symbol=symbol_of(message),
        code=code,
        confidence=LINE,
        fixable_hint=hint_of(notes),
    )


def without_line(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path: error: Duplicate module named "m"`: mypy itself is confused by the layout."""
    notes = _notes(match["file"], cursor)
    del notes
    yield Failure("mypy", "config", match["message"], file=match["file"], confidence=LINE)


def broken_setup(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`mypy.ini: [mypy]: ...` and `mypy: can't read file`: nothing was checked."""
    del cursor
    yield Failure(
        "mypy", (match["message"].startswith("can't") and "usage") or "config", match["message"], confidence=LINE
    )


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Found 7 errors in 1 file (checked 2 source files)`, the trailer."""
    del cursor
    yield Tally("mypy", int(match["count"]))


def _unwrapped(message: str, cursor: Cursor) -> str:
    """The message joined over the lines that `--pretty` has broken it into; frames below it are taken."""
    for _ in range(6):
        text = cursor.peek()
        if _CODE.match(message) or text is None or not text or text.startswith("    ") or _is_next(text):
            break
        message = f"{message.rstrip()} {cursor.take()}"
    if (cursor.peek() or "").startswith("    ") and re.match(r"\s+[\^~]+$", cursor.peek(1) or ""):
        cursor.take()
        cursor.take()
    return message


def _is_next(text: str) -> bool:
    return bool(_NEXT.match(text)) or text.startswith("##[")


def _notes(file: str, cursor: Cursor) -> list[str]:
    taken = cursor.take_while(lambda text: text.startswith(file) and ": note: " in text, limit=50)
    return [text.partition(": note: ")[2] for text in taken]


def hint_of(notes: Sequence[str]) -> Hint | None:
    """The command that a note recommends, as for missing stubs."""
    match = next((match for note in notes if (match := _INSTALL.search(note))), None)
    return Hint("command", match["command"]) if match else None


def symbol_of(message: str) -> str | None:
    """The module or name that a message speaks of."""
    match = _NAMED.search(message)
    return match[1] if match else None


def _kind(message: str, code: str | None) -> Kind:
    if code == "syntax" or message.startswith("invalid syntax"):
        return "syntax"
    return "type"


FORMAT = Format(
    "mypy",
    starts={
        rf"{PLACE}{COLUMN}(?::\d+:\d+)?: error: (?P<message>.+)": error,
        r"(?P<file>[^\s:]+): error: (?P<message>(?:Duplicate module|Source file found twice).*)": without_line,
        r"(?:mypy|mypy\.ini|setup\.cfg|pyproject\.toml): (?:\[[^\]]*\]: |error: )?(?P<message>(?:can't read"
        r"|Unrecognized|Invalid|Error importing plugin|No \[mypy\]).*)": broken_setup,
        r"Found (?P<count>\d+) errors? in \d+ files?": total,
    },
)
