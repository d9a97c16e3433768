"""cargo test, and Rust programs that panic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dspy_ci.failures.confidence import BLOCK, SUMMARY
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Frame
from dspy_ci.failures.finding import Finding, Tally
from dspy_ci.failures.format import Format
from dspy_ci.failures.trace import blamed, frame

_STDOUT = re.compile(r"---- (?P<name>.+?) stdout ----$")
_THREAD = r"thread '(?P<thread>.*?)'(?: \(\d+\))? (?:has )?panicked at "
_PANIC = re.compile(_THREAD + r"(?:'(?P<old>.*)', )?(?P<file>[^\s:'][^:']*):(?P<line>\d+):(?P<col>\d+):?$")
_OLD_HEAD = re.compile(r"thread '(?P<thread>.*?)' panicked at '(?P<old>.*)$")
_OLD_END = re.compile(r".*', (?P<file>[^\s:']+):(?P<line>\d+):\d+$")
_BACK = re.compile(r"\s+at (?P<file>\S.*?):(?P<line>\d+)(?::\d+)?$")
_FUNCTION = re.compile(r"\s*\d+: (?:0x[0-9a-f]+ - )?(?P<func>\S.*)$")
_ARROW = re.compile(r"\s*--> (?P<file>.+?):(?P<line>\d+):(?P<col>\d+)$")
_CALM = re.compile(r"note: test did not panic as expected at (?P<file>.+?):(?P<line>\d+):(?P<col>\d+)$")
_DOCTEST = re.compile(r"(?P<file>\S+) - .*\(line (?P<line>\d+)\)$")
_LONGEST_BLOCK = 2000


def test_output(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`---- name stdout ----`: whatever the test printed, and somewhere in it the panic."""
    first = cursor.number
    body = cursor.take_until(
        lambda text: _STDOUT.match(text) or re.match(r"failures:$|test result: |---- .* stderr ----$", text),
        limit=_LONGEST_BLOCK,
    )
    yield _tested(match["name"], body, (first, cursor.number))


def _tested(name: str, body: Sequence[str], span: tuple[int, int]) -> Failure:
    at = next((i for i, text in enumerate(body) if _PANIC.match(text) or _OLD_HEAD.match(text)), None)
    doc = _DOCTEST.match(name)
    documented = Frame(doc["file"], int(doc["line"])) if doc else None
    if at is not None:
        return replace(_panicked(name, body[at:], documented), log_span=span)
    arrow = next((match for text in body if (match := (_ARROW if doc else _CALM).match(text))), None)
    place = Frame(arrow["file"], int(arrow["line"])) if arrow else documented
    said = next((text.strip() for text in body if text.strip() and not text.startswith("stack backtrace")), "")
    return Failure(
        "cargo",
        "test",
        said or f"test {name} failed",
        file=place.file if place else None,
        line=place.line if place else None,
        test_id=name,
        log_span=span,
        confidence=BLOCK,
    )


def _panicked(name: str | None, lines: Sequence[str], place: Frame | None = None) -> Failure:
    """A panic: blamed is the printed place, or the innermost frame of ours where that lies in a library."""
    message, printed = _panic(lines)
    frames = tuple(_backtrace(lines))
    place = place or (printed if printed and printed.in_repo else blamed(frames) or printed)
    return Failure(
        "cargo",
        "test" if name else "crash",
        message,
        file=place.file if place else None,
        line=place.line if place else None,
        test_id=name,
        exception="panic",
        frames=frames,
        confidence=BLOCK,
    )


def _panic(lines: Sequence[str]) -> tuple[str, Frame | None]:
    """Message and place of a panic; old messages stand in quotes before the place, and may run over lines."""
    match = _PANIC.match(lines[0])
    if match:
        following = next((text.strip() for text in lines[1:] if text.strip()), "") if match["old"] is None else ""
        return match["old"] or following, frame(match["file"], match["line"])
    end = next((m for text in lines[1:] if (m := _OLD_END.match(text))), None)
    old = _OLD_HEAD.match(lines[0])
    return old["old"] if old else lines[0], frame(end["file"], end["line"]) if end else None


def _backtrace(lines: Sequence[str]) -> Iterator[Frame]:
    """The frames of a backtrace, outermost first."""
    found: list[Frame] = []
    function = None
    for text in lines:
        if named := _FUNCTION.match(text):
            function = named["func"]
        elif place := _BACK.match(text):
            found.append(frame(place["file"], place["line"], function))
    yield from reversed(found)


def panic(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A panic outside the list of failed tests: a program that crashed, or a runner that shows output as it comes."""
    lines = [
        match.string,
        *cursor.take_while(lambda text: text and not text.startswith(("thread '", "test ")), limit=300),
    ]
    old = _OLD_HEAD.match(match.string)
    if not _PANIC.match(match.string) and not old:
        return
    yield _panicked(match["thread"] if "::" in match["thread"] else None, lines)


def failed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`test tests::x ... FAILED`."""
    del cursor
    yield Failure("cargo", "test", match[0], test_id=match["name"], confidence=SUMMARY)


def total(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`test result: FAILED. 0 passed; 2 failed; ...`."""
    del cursor
    yield Tally("cargo", int(match["count"]))


FORMAT = Format(
    "cargo",
    starts={
        _STDOUT.pattern: test_output,
        _THREAD: panic,
        r"test (?P<name>\S.*?)(?: - should panic)? \.\.\. FAILED$": failed,
        r"test result: FAILED\. \d+ passed; (?P<count>\d+) failed;": total,
    },
)
