"""Workflow commands that tools print for GitHub: `::error file=,line=::message`, or what the runner made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dspy_ci.failures.confidence import GENERIC, WINDOW
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_TITLE = re.compile(r"(?P<tool>[\w-]+)(?: \((?P<code>[^)]+)\))?$")
_PLACE = re.compile(
    r"(?:(?:\S+?:)?\d+:\d+:? )?(?:\[(?P<code>[\w-]+)\] |(?P<code2>[\w-]+): )?(?P<message>.*)", re.DOTALL
)
_KINDS: dict[str, Kind] = {"ty": "type", "mypy": "type", "pyright": "type", "pyrefly": "type", "pytest": "test"}


def command(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A raw command; its message mostly repeats the line that the tool prints for people."""
    properties = dict(re.findall(r"(\w+)=([^,]*)", match["properties"] or ""))
    text = _unescaped(match["message"])
    file, line = properties.get("file"), properties.get("line", "")
    inside = [found for found in cursor.nested(text.split("\n")[:1], cursor.number) if isinstance(found, Failure)]
    for failure in inside:
        yield replace(failure, file=file or failure.file, line=int(line) if line.isdigit() else failure.line)
    if not inside:
        yield _annotation(text, file, line, properties)


def _annotation(text: str, file: str | None, line: str, properties: dict[str, str]) -> Failure:
    title, said = _TITLE.match(properties.get("title", "")), _PLACE.match(text)
    tool = title["tool"] if title else "annotation"
    code = title["code"] if title else said and (said["code"] or said["code2"])
    col = properties.get("col", "")
    return Failure(
        tool,
        _KINDS.get(tool, "lint"),
        (said["message"] if said else text).strip() or text,
        file=file,
        line=int(line) if line.isdigit() else None,
        col=int(col) if col.isdigit() else None,
        code=code or None,
        confidence=GENERIC,
    )


def _unescaped(text: str) -> str:
    return text.replace("%0D", "").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%")


def stored(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`##[error]message`: the place is lost unless the message names it."""
    inside = list(cursor.nested([match["message"]], cursor.number))
    yield from inside
    if not inside:
        yield Failure(
            "annotation",
            "lint" if re.search(r"\.\w+:\d+", match["message"]) else "command",
            match["message"],
            confidence=WINDOW,
        )


FORMAT = Format(
    "annotation",
    starts={
        r"::error(?: (?P<properties>[^:]*(?::[^:]+)*?))?::(?P<message>.+)": command,
        r"##\[error\](?P<message>.+)": stored,
    },
    anywhere=("::error ",),
    meta=True,
)
