"""Gradle: failed tests with their stacks, and what went wrong outside compilers and tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format
from dspy_ci.failures.java_stack import class_of, frames_of, raised

_WHERE = re.compile(r"(?:Build|Settings|Initialization|Script) ?(?:file|script)? '(?P<file>[^']+)' line: (?P<line>\d+)")
_WRAPPER = re.compile(
    r".*(?:There were failing tests|Compilation (?:failed|error)|Compilation error|finished with non-zero exit value"
    r"|Process 'command|Checkstyle rule violations|violations were found|See log for more details)"
)
_KINDS: tuple[tuple[str, Kind], ...] = (
    (
        r"Could not (?:GET|HEAD|PUT) |timed out|Connection re|Received status code 5|UnknownHost|Read timed out",
        "network",
    ),
    (r"No space left", "disk"),
    (r"OutOfMemoryError|Java heap space|GC overhead", "oom"),
    (
        r"Could not (?:resolve|find(?! method)|download) |Plugin \[id: |Cannot find a Java inst|Dependency verif",
        "dependency",
    ),
    (
        r"Task '.*' (?:not found|is ambiguous)|Project '.*' not found|Cannot locate tasks|Unknown command-line option",
        "usage",
    ),
    (
        r"Could not compile (?:build|settings|initialization) (?:file|script)|unexpected token|Script compilation err",
        "syntax",
    ),
    (r"daemon disappeared", "crash"),
    (
        r"problem occurred (?:evaluating|configuring)|Could not find method|Unsupported class|Unknown property",
        "config",
    ),
    (r"ormat violations|spotless|ktlint|checkstyle|detekt|lint", "lint"),
)
_ARTIFACT = re.compile(r"Could not (?:find|resolve) (?P<name>[\w.-]+:[\w.-]+)|Plugin \[id: '(?P<plugin>[^']+)'")
_TASK = re.compile(r"Execution failed for task '(?P<task>[^']+)'")


def tested(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Class > method() FAILED`, then exception and frames."""
    body = cursor.take_while(lambda text: text.startswith("    "), limit=1000)
    frames = frames_of(body)
    name = match["name"]
    if not body:
        return
    exception, message = raised(body)
    place = next((frame for frame in reversed(frames) if frame.in_repo), None)
    yield Failure(
        "gradle",
        "test",
        message or exception or name,
        file=place.file if place else None,
        line=place.line if place else None,
        test_id=_qualified(name, [class_of(frame) for frame in frames]),
        exception=exception,
        frames=frames,
        confidence=BLOCK,
    )


def _qualified(name: str, classes: list[str]) -> str:
    """The class with its package, which a frame of its own tells."""
    first, separator, rest = name.partition(" > ")
    if "." in first:
        return name
    full = next((cls for cls in classes if cls.endswith("." + first)), first)
    return full + separator + rest


def went_wrong(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`* What went wrong:` up to `* Try:`; the place stands above it under `* Where:`."""
    del match
    where = next((found for text in reversed(cursor.behind(6)) if (found := _WHERE.match(text))), None)
    lines = cursor.take_until(lambda text: text.startswith(("* ", "BUILD ", "====")) or not text, limit=60)
    said = [text.strip(" >\t") for text in lines if text.strip()]
    message = " ".join(said[:6])
    task, named = _TASK.match(message), _ARTIFACT.search(message)
    kind = _kind(message)
    yield Failure(
        "gradle",
        kind,
        message,
        file=where["file"] if where else None,
        line=int(where["line"]) if where else None,
        symbol=next(filter(None, named.groups()), None) if named else task["task"] if task else None,
        confidence=WRAPPER if _WRAPPER.match(message) or kind == "command" else BLOCK,
    )


def _kind(message: str) -> Kind:
    if _WRAPPER.match(message):
        return "command"
    return next((kind for pattern, kind in _KINDS if re.search(pattern, message)), "command")


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`5 tests completed, 1 failed`."""
    del cursor
    yield Tally("gradle", int(match["count"]))


FORMAT = Format(
    "gradle",
    starts={
        r"(?P<name>[\w.$]+ > \S.*?) FAILED$": tested,
        r"\* What went wrong:$": went_wrong,
        r"\d+ tests? completed, (?P<count>\d+) failed": total,
    },
)
