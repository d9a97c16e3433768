"""Make and Ninja: missing rules and broken makefiles; that a recipe failed is only the wrapper."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import PLACE, Format

_BY_CODE: dict[str, Kind] = {"137": "oom", "139": "crash", "134": "crash"}
_MAKE = r"(?:\S*[\\/])?(?:g|mingw32-)?make(?:\.exe)?(?:\[\d+\])?"


def recipe(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`make: *** [Makefile:2: test] Error 3`, older `*** [test] Error 3`."""
    del cursor
    line = match["line"]
    kind: Kind = "oom" if match["how"] == "Killed" else _BY_CODE.get(match["code"] or "", "command")
    yield Failure(
        "make",
        kind,
        match[0],
        file=match["file"],
        line=int(line) if line else None,
        symbol=match["target"],
        confidence=WRAPPER,
    )


def no_rule(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Nothing says how to make a file."""
    del cursor
    yield Failure("make", "compile", match["message"], symbol=match["target"], confidence=LINE)


def nothing(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """No makefile, no target."""
    del cursor
    yield Failure("make", "usage", match["message"], confidence=LINE)


def broken(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Makefile:3: *** missing separator.  Stop.`, or what `$(error ...)` says."""
    del cursor
    message = match["message"]
    kind: Kind = (
        "syntax" if re.match(r"missing|unterminated|recipe commences|extraneous|invalid syntax", message) else "config"
    )
    yield Failure("make", kind, message, file=match["file"], line=int(match["line"]), confidence=LINE)


def command(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`make: foo: Command not found`: make starts simple commands itself."""
    del cursor
    yield Failure("make", "command", match["message"], symbol=match["name"], confidence=LINE)


def ninja(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ninja: build stopped` is the wrapper, `ninja: error:` is not."""
    del cursor
    stopped = match["message"].startswith("build stopped")
    yield Failure("ninja", "compile", match["message"], symbol=match["target"], confidence=WRAPPER if stopped else LINE)


FORMAT = Format(
    "make",
    starts={
        rf"{_MAKE}: \*\*\* \[(?:(?P<file>[^\s:\]]+):(?P<line>\d+): )?(?P<target>[^\]]+)\] "
        r"(?P<how>Error|Killed|Segmentation fault|Terminated|Interrupt|Aborted)(?: (?P<code>\d+))?": recipe,
        rf"{_MAKE}: \*\*\* (?P<message>No rule to make target [`'‘](?P<target>[^'’]+)['’].*?)(?:  Stop\.)?$": no_rule,
        rf"{_MAKE}: \*\*\* (?P<message>No targets.*?)(?:  Stop\.)?$": nothing,
        PLACE + r": \*\*\* (?P<message>.*?)(?:  Stop\.)?$": broken,
        rf"{_MAKE}: (?P<message>(?P<name>\S+): (?:Command not found|No such file or directory"
        rf"|Permission denied))": command,
        r"ninja: (?:error: )?(?P<message>build stopped: .*|'(?P<target>[^']+)', needed by .*|loading .*"
        r"|unknown target .*)": ninja,
    },
)
