"""The Java compiler, the Kotlin compiler, and Java programs that end with an exception."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format
from dspy_ci.failures.java_stack import EXCEPTION, FRAME, frames_of
from dspy_ci.failures.js_stack import bare_path
from dspy_ci.failures.trace import blamed

_FILE = r"(?P<file>(?:[A-Za-z]:[\\/])?[^\s:()\[\]'\"`,;|<>]+\.(?:java|kt|kts|groovy|scala))"
_DETAIL = re.compile(r"\s*(?:symbol|location|required|found|reason): +(?P<text>.*)$")
_SYMBOL = re.compile(r"\s*symbol: +(?:class|method|variable|constructor|interface|static) (?P<name>\S.*)$")
_PACKAGE = re.compile(r"package (?P<name>[\w.]+) does not exist|unresolved reference:? '?(?P<kotlin>\w+)")


def compiled(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`A.java:3: error: message`, the source, a caret, and for missing symbols what was sought."""
    message = match["message"]
    ahead = [cursor.peek(i) or "" for i in range(8)]
    end = next((i for i, text in enumerate(ahead) if re.match(r"\S", text)), len(ahead))
    named = next((found["name"] for text in ahead[:end] if (found := _SYMBOL.match(text))), None)
    package = _PACKAGE.search(message)
    if package:
        named = package["name"] or package["kotlin"]
    cursor.take_while(lambda text: text.startswith(" ") and (_DETAIL.match(text) or text.strip() == "^"), limit=8)
    yield Failure(
        "javac",
        "compile",
        message,
        file=match["file"],
        line=int(match["line"]),
        symbol=named,
        confidence=LINE,
    )


def kotlin(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`e: file:///path/A.kt:3:5 message`, older `e: /path/A.kt: (3, 5): message`."""
    del cursor
    package = _PACKAGE.search(match["message"])
    yield Failure(
        "kotlinc",
        "compile",
        match["message"],
        file=bare_path(match["file"]),
        line=int(match["line"]),
        col=int(match["col"]),
        symbol=(package["name"] or package["kotlin"]) if package else None,
        confidence=LINE,
    )


def uncaught(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Exception in thread "main" ...` and its stack."""
    frames = frames_of(cursor.take_while(FRAME.match, limit=500))
    place = blamed(frames)
    yield Failure(
        "java",
        "oom" if "OutOfMemoryError" in match["exc"] else "crash",
        match["message"] or match["exc"],
        file=place.file if place else None,
        line=place.line if place else None,
        exception=match["exc"],
        frames=frames,
        confidence=BLOCK,
    )


def not_started(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The JVM found no class or no archive to start."""
    cursor.take_while(FRAME.match, limit=20)
    yield Failure("java", "config", match["message"], symbol=match["name"], confidence=LINE)


FORMAT = Format(
    "javac",
    starts={
        _FILE + r":(?P<line>\d+): error: (?P<message>.+)": compiled,
        rf"e: (?:file://)?{_FILE}(?:: \(|:)(?P<line>\d+)[,:] ?(?P<col>\d+)\)?:? (?P<message>.+)": kotlin,
        rf'Exception in thread "[^"]*" {EXCEPTION}(?:: (?P<message>.*))?$': uncaught,
        r"Error: (?P<message>(?:Could not find or load main class|Unable to access jarfile) (?P<name>\S+))"
        r"": not_started,
    },
)
