"""One block of pytest's FAILURES and ERRORS sections, in all styles of `--tb`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dspy_ci.failures.confidence import BLOCK
from dspy_ci.failures.failure import Failure, Frame, Kind
from dspy_ci.failures.formats.pytest_summary import dotted
from dspy_ci.failures.trace import CHAINED, EXCEPTION, blamed, frame, kind_of, symbol_of, trace_of

HEAD = re.compile(r"_+ (?P<name>.*[^_ ].*?) _+$")
CAPTURED = re.compile(r"-{3,} (?:Captured .*|generated .* file.*|coverage: .*) -{3,}$")
_PHASE = re.compile(
    r"ERROR (?:(?P<phase>collecting) (?:test session|package )?|at (?P<at>setup|teardown) of )(?P<name>.*)"
)
_PLACE = re.compile(r"(?P<file>\S[^:\n]*?\S?|<[^>]+>):(?P<line>\d+): (?P<rest>.*)$")
_IN = re.compile(r"in (?P<function>\S.*)$")
_FIXTURE = re.compile(r"file (?P<file>.+), line (?P<line>\d+)$")
_NO_FIXTURE = re.compile(r"(?:recursive dependency involving )?fixture '(?P<name>[^']+)' (?:not found|detected)")
_CRASH = re.compile(r"worker '\w+' crashed while running '(?P<id>.+)'$")
_MARKER = re.compile(r"'(?P<name>\w+)' not found in `markers` configuration option")
_ENV_KEY = re.compile(r"'([A-Z][A-Z0-9_]{2,})'$")
_ERROR_FILE = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+)$')
_LONGEST_MESSAGE = 10


@dataclass(frozen=True, slots=True)
class Block:
    """The lines under one head."""

    name: str
    lines: tuple[str, ...]
    """Without head and captured output."""
    span: tuple[int, int]

    @property
    def phase(self) -> str | None:
        """`collecting`, `setup` or `teardown` for errors outside the test itself."""
        match = _PHASE.match(self.name)
        return (match["phase"] or match["at"]) if match else None

    @property
    def test(self) -> str:
        """The name that the summary can know: `Class.test[id]`, or the path of a module that was not collected."""
        match = _PHASE.match(self.name)
        name = match["name"] if match else self.name.removeprefix("[doctest] ")
        return dotted(re.sub(r" (?:\(.*\)|\[.*\])+$", "", name) if not name.endswith("]") or " [" in name else name)

    def failure(self) -> Failure:
        """What the block says; the test id is completed by the summary."""
        failure = _by_message(self) or _by_trace(self)
        return replace(failure, log_span=self.span, confidence=BLOCK)


def _by_message(block: Block) -> Failure | None:
    """The blocks that are no tracebacks."""
    text = "\n".join(block.lines)
    head = next((line for line in block.lines if line.strip() and not line.startswith("[gw")), "")
    if match := _CRASH.search(text):
        return Failure("pytest", "crash", match[0], file=match["id"].partition("::")[0], test_id=match["id"])
    if match := _MARKER.search(text):
        return Failure("pytest", "collection", match[0], file=_test_file(block), symbol=match["name"])
    if head.startswith("async def functions are not natively supported"):
        return Failure("pytest", "config", head, file=_test_file(block))
    if head.startswith("[XPASS(strict)]"):
        return Failure("pytest", "test", head, file=_test_file(block))
    if head.startswith("import file mismatch:"):
        return Failure("pytest", "collection", text, file=_test_file(block))
    return _missing_fixture(block) or _doctest(block)


def _missing_fixture(block: Block) -> Failure | None:
    place = next((match for line in block.lines if (match := _FIXTURE.match(line))), None)
    missing = next((match for line in block.lines if (match := _NO_FIXTURE.search(line[1:].strip()))), None)
    if not place or not missing:
        return None
    here = frame(place["file"], place["line"])
    return Failure(
        "pytest", "fixture", missing[0], file=here.file, line=here.line, symbol=missing["name"], frames=(here,)
    )


def _doctest(block: Block) -> Failure | None:
    footer = next((m for line in reversed(block.lines) if (m := _PLACE.match(line)) and "DocTest" in m["rest"]), None)
    if not footer:
        return None
    start = next((i for i, line in enumerate(block.lines) if re.match(r"Expected|UNEXPECTED|Got", line)), 0)
    message = "\n".join(line for line in block.lines[start:] if line and not _PLACE.match(line))
    here = frame(footer["file"], footer["line"])
    return Failure("pytest", "test", message, file=here.file, line=here.line, frames=(here,))


def _by_trace(block: Block) -> Failure:
    frames, exception = _frames(block)
    shown, message = _raised(block)
    exception = shown or exception
    syntax = next((m for line in block.lines if (m := _ERROR_FILE.match(line.removeprefix("E")))), None)
    kind = _kind(block, exception, message)
    if kind == "syntax" and syntax:
        frames = (*frames, frame(syntax["file"], syntax["line"]))
    place = blamed(frames)
    return Failure(
        "pytest",
        kind,
        message,
        file=place.file if place else _test_file(block),
        line=place.line if place else None,
        symbol=symbol_of(message) or _environment_key(exception, message),
        exception=exception,
        frames=frames,
    )


def _frames(block: Block) -> tuple[tuple[Frame, ...], str | None]:
    """The frames of the last exception of the block, and its class where the footer tells it."""
    cuts = [i for i, line in enumerate(block.lines) if CHAINED.match(line)]
    last = block.lines[cuts[-1] + 1 :] if cuts else block.lines
    frames, exception = _frames_of(last)
    if cuts and blamed(frames) is None:
        frames = _frames_of(block.lines[: cuts[-1]])[0] + frames
    return frames, exception


def _frames_of(lines: Sequence[str]) -> tuple[tuple[Frame, ...], str | None]:
    frames: list[Frame] = []
    exception = None
    native = [line for line in lines if not line.startswith("E ")]
    if any("Traceback (most recent call last)" in line for line in native):
        trace = trace_of([line for line in native if not line.startswith("    |")])
        return trace.frames, trace.exception
    for line in lines:
        if line[:1] in " >E" or not (match := _PLACE.match(line)):
            continue
        function = _IN.match(match["rest"])
        frames.append(frame(match["file"], match["line"], function["function"] if function else None))
        if match["rest"] and not function:
            exception = match["rest"].partition(":")[0]
    return tuple(frames), exception


def _raised(block: Block) -> tuple[str | None, str]:
    """Class and message of the exception, from the last group of `E` lines or from a native traceback."""
    groups = list(_groups(block.lines))
    if not groups:
        trace = trace_of([line for line in block.lines if line.strip() and not _PLACE.match(line)])
        after = [line for line in block.lines if line.startswith(("assert ", " +  "))]
        return trace.exception, "\n".join([trace.message, *after[:2]]).strip()
    lines = groups[-1]
    at = next((i for i, line in enumerate(lines) if _kind_is_told(line)), 0)
    lines = lines[at:]
    match = EXCEPTION.match(lines[0])
    first = (match["msg"] or "") if match else lines[0]
    message = "\n".join([first, *lines[1:]][:_LONGEST_MESSAGE]).strip()
    return (match["exc"] if match else None), message or lines[0]


def _kind_is_told(line: str) -> bool:
    match = EXCEPTION.match(line)
    return bool(match and re.search(r"(?:Error|Exception|Warning|Exit|Interrupt|Failed|Skipped)$", match["exc"]))


def _groups(lines: Sequence[str]) -> Iterator[list[str]]:
    """The runs of `E` lines, without their margin."""
    run: list[str] = []
    for line in (*lines, ""):
        if line.startswith("E  ") or line == "E":
            run.append(line[1:])
        elif run:
            margin = len(run[0]) - len(run[0].lstrip())
            yield [text[margin:] if not text[:margin].strip() else text.strip() for text in run]
            run = []


def _kind(block: Block, exception: str | None, message: str) -> Kind:
    if message.startswith("Timeout (>") or (exception == "Failed" and "Timeout" in message):
        return "timeout"
    if block.phase == "collecting":
        return kind_of(exception, "collection")
    return "fixture" if block.phase else "test"


def _environment_key(exception: str | None, message: str) -> str | None:
    match = _ENV_KEY.match(message) if exception == "KeyError" else None
    return match[1] if match else None


def _test_file(block: Block) -> str | None:
    return block.test if block.phase == "collecting" else None
