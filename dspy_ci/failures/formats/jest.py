"""Jest: a block per failing test, suites that did not run, coverage thresholds, its own configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Frame, Kind
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format
from dspy_ci.failures.formats.tsc import diagnostics
from dspy_ci.failures.js_stack import bare_path, frames_of, kind_of, missing_module, raised
from dspy_ci.failures.trace import blamed

_BULLET = re.compile(r"  ● (?P<name>\S.*)$")
_ENDS = re.compile(
    r"(?: ?(?:FAIL|PASS) |Test Suites?:|Tests:|Snapshots?:|Ran all|=+ |Jest: |##\[|npm |error |Done in|---+\|)"
)
_CONSOLE = re.compile(r"  ● Console$|  console\.\w+")
_MARKED = re.compile(r"\s*> (?P<line>\d+) \|")
_CODE = re.compile(r"\s*(?:> *)?\d* *\|")
_BABEL = re.compile(r"SyntaxError: (?P<file>\S+): (?P<message>.*?)\s*\((?P<line>\d+):(?P<col>\d+)\)")
_SCRIPT = re.compile(r"(?P<file>/\S+|[A-Za-z]:\\\S+):(?P<line>\d+)$")
_NEVER_RAN = "Test suite failed to run"
_LONGEST_BLOCK = 2000


def suite(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`FAIL path`, and under it a bullet per failure."""
    file = match["file"]
    while (text := cursor.peek()) is not None:
        if bullet := _BULLET.match(text):
            cursor.take()
            first = cursor.number
            body = [line.strip() for line in cursor.take_until(_ends_block, limit=_LONGEST_BLOCK)]
            if not _CONSOLE.match(text):
                yield from _failures(file, bullet["name"], body, (first, cursor.number))
        elif _ENDS.match(text) or (text and not text.startswith(" ")):
            return
        else:
            cursor.take()


def coloured(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """With colour there are blanks around FAIL, as vitest prints it too; only jest indents what follows."""
    following = cursor.peek() or cursor.peek(1) or ""
    if following.startswith("  "):
        yield from suite(match, cursor)


def _ends_block(text: str) -> object:
    return _ENDS.match(text) or _BULLET.match(text)


def _failures(file: str, name: str, body: Sequence[str], span: tuple[int, int]) -> Iterator[Finding]:
    if name.startswith(_NEVER_RAN):
        types = list(diagnostics(body, span))
        yield from types or [_not_run(file, body, span)]
    elif any(body):
        yield _failed(file, name, body, span)


def _failed(file: str, name: str, body: Sequence[str], span: tuple[int, int]) -> Failure:
    frames = frames_of(body)
    text = _first(body)
    exception, code, message = raised(text)
    place = blamed(frames) or Frame(file, _marked_line(body))
    kind: Kind = "timeout" if re.search(r"[Ee]xceeded timeout of", text) else "test"
    return Failure(
        "jest",
        kind,
        message or text,
        file=place.file,
        line=place.line,
        code=code,
        test_id=name,
        exception=exception,
        frames=frames,
        log_span=span,
        confidence=BLOCK,
    )


def _not_run(file: str, body: Sequence[str], span: tuple[int, int]) -> Failure:
    """A test file that could not even be loaded."""
    text = _said(body)
    exception, _, message = raised(text)
    frames = frames_of(body)
    place = _syntax_place(body) or blamed(frames) or Frame(file, _marked_line(body))
    return Failure(
        "jest",
        kind_of(text, "collection"),
        babel["message"] if (babel := _BABEL.match(text)) else message or text,
        file=place.file,
        line=place.line,
        symbol=missing_module(text),
        exception=exception,
        frames=frames,
        log_span=span,
        confidence=BLOCK,
    )


def _said(body: Sequence[str]) -> str:
    """The line that tells: of an unparsable file it comes after a page of advice."""
    syntax = next((text for text in body if text.startswith("SyntaxError: ")), None)
    return syntax or _first(body)


def _first(body: Sequence[str]) -> str:
    return next((text for text in body if text and not _CODE.match(text)), "")


def _syntax_place(body: Sequence[str]) -> Frame | None:
    for text in body:
        if match := _BABEL.match(text) or _SCRIPT.match(text):
            return Frame(bare_path(match["file"]), int(match["line"]))
    return None


def _marked_line(body: Sequence[str]) -> int | None:
    """The line that the source excerpt points at."""
    return next((int(match["line"]) for text in body if (match := _MARKED.match(text))), None)


def threshold(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A coverage threshold was missed."""
    del cursor
    yield Failure("jest", "coverage", match["message"], file=match["file"], confidence=LINE)


def configuration(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`● Validation Error:` at the left margin speaks of the configuration."""
    details = [text.strip() for text in cursor.take_while(lambda text: not text or text.startswith("  "), limit=40)]
    message = " ".join([match["message"], *filter(None, details)][:6])
    yield Failure("jest", "config", message, confidence=BLOCK)


def nothing(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """No test matched what was asked for."""
    del cursor
    yield Failure("jest", "usage", match[0], confidence=LINE)


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Tests:       2 failed, ...`, the trailer."""
    del cursor
    yield Tally("jest", int(match["count"]))


FORMAT = Format(
    "jest",
    starts={
        r" FAIL  (?:\S+ )?(?P<file>\S+\.\w+)(?: \([\d.]+ m?s\))?(?: \([\d.]+ [MG]B heap size\))?$": coloured,
        r"FAIL (?:\S+ )?(?P<file>\S+\.\w+)(?: \([\d.]+ m?s\))?(?: \([\d.]+ [MG]B heap size\))?$": suite,
        r"Jest: (?P<message>.*?\"?(?P<file>[^\"\s]*\.\w+)?\"? ?coverage threshold .* not met.*)": threshold,
        r"● (?P<message>(?:Validation|Multiple configurations|Preset|Deprecation Error).*)": configuration,
        r"No tests found, exiting with code 1": nothing,
        r"Tests:       (?P<count>\d+) failed, ": total,
    },
)
