"""Vitest: the sections of failed suites and tests, unhandled errors, coverage thresholds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Frame, Kind
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format
from dspy_ci.failures.js_stack import frames_of, kind_of, missing_module, raised
from dspy_ci.failures.trace import blamed

_FAIL = re.compile(r" ?FAIL  (?:\|(?P<project>[^|]+)\| )?(?P<name>\S.*)$")
_RULE = re.compile(r"⎯{2,}|\s*Test Files  |##\[")
_LOADED = re.compile(r"(?P<file>\S+) \[ \S+ \]$")
_OF = re.compile(r"imported from (?P<file>\S+)|from [\"'](?P<other>[^\"']+)[\"']")
_PARSER = re.compile(r" ❯ (?:getRollupError|parseAst)|\S+:\d+:\d+: ERROR: ")
_PARSED = re.compile(r"(?:.*? )?(?P<file>\S+):(?P<line>\d+):\d+: (?:ERROR: |Unexpected )")
_LONGEST_BLOCK = 2000


def failed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """` FAIL  file > suite > test`; several of them may share one error."""
    names = [match["name"], *(_FAIL.sub(r"\g<name>", text) for text in cursor.take_while(_FAIL.match))]
    first = cursor.number
    body = cursor.take_until(lambda text: _RULE.match(text) or _FAIL.match(text), limit=_LONGEST_BLOCK)
    if not any(text.strip() for text in body):
        return
    for name in dict.fromkeys(names):
        yield _failure(name.rstrip(), body, (first, cursor.number))


def _failure(name: str, body: Sequence[str], span: tuple[int, int]) -> Failure:
    loaded = _LOADED.match(name)
    test = None if loaded else name
    file = loaded["file"] if loaded else name.partition(" > ")[0]
    text = next((text for text in body if text.strip()), "")
    exception, code, message = raised(text)
    frames = frames_of(body)
    place = _parsed(body) or blamed(frames) or _importer(text, file) or Frame(file, None)
    return Failure(
        "vitest",
        "syntax" if any(map(_PARSER.match, body)) else _kind(text, test),
        message or text.strip(),
        file=place.file,
        line=place.line,
        symbol=missing_module(text),
        code=code,
        test_id=test,
        exception=exception,
        frames=frames,
        log_span=span,
        confidence=BLOCK,
    )


def _kind(text: str, test: str | None) -> Kind:
    if test is None:
        return kind_of(text, "collection")
    return "timeout" if re.search(r"(?:Test|Hook) timed out in \d+", text) else "test"


def _parsed(body: Sequence[str]) -> Frame | None:
    """Where the transformer could not go on."""
    match = next((match for text in body if (match := _PARSED.match(text))), None)
    return Frame(match["file"], int(match["line"])) if match else None


def _importer(text: str, file: str) -> Frame | None:
    """Who wanted the missing module, where no frame tells."""
    match = _OF.search(text) if missing_module(text) else None
    return Frame(match["file"] or match["other"], None) if match and file else None


def unhandled(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """An error outside every test makes the run fail."""
    del match
    body = cursor.take_until(lambda text: _RULE.match(text) or _FAIL.match(text), limit=_LONGEST_BLOCK)
    text = next((text for text in body if text.strip()), "")
    exception, code, message = raised(text)
    frames = frames_of(body)
    place = blamed(frames)
    if exception:
        yield Failure(
            "vitest",
            kind_of(text, "crash"),
            message or exception,
            file=place.file if place else None,
            line=place.line if place else None,
            code=code,
            exception=exception,
            frames=frames,
            confidence=BLOCK,
        )


def threshold(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A coverage threshold was missed."""
    del cursor
    yield Failure("vitest", "coverage", match["message"], confidence=LINE)


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Tests  1 failed | 2 passed (3)`, the trailer."""
    del cursor
    yield Tally("vitest", int(match["count"]))


FORMAT = Format(
    "vitest",
    starts={
        _FAIL.pattern.replace(" ?", " ", 1): failed,
        r"⎯{2,} (?:Unhandled (?:Rejection|Error)|Uncaught Exception) ⎯{2,}": unhandled,
        r"ERROR: (?P<message>Coverage for \w+ \([\d.]+%\) does not meet .*)": threshold,
        r"      Tests  (?P<count>\d+) failed": total,
    },
)
