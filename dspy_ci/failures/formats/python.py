"""The interpreter itself: uncaught exceptions, syntax errors, `python -m` without the module, fatal errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format
from dspy_ci.failures.trace import HEAD, Trace, blamed, frames_in, kind_of, symbol_of, take_traceback, trace_of

_SYNTAX = re.compile(r"(?:\w+\.)*(?:SyntaxError|IndentationError|TabError): ")
_CONFLICT = re.compile(r"\s*(?:<{7} |>{7} |={7}$)")
_DUMP = ("  ", "Thread 0x", "Current thread", "Extension modules", "Python runtime state", "<no Python frame>")


def uncaught(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A traceback, with those that it is chained to."""
    del match
    trace = trace_of(take_traceback(cursor))
    if trace.exception or trace.frames:
        yield _crash(trace)


def syntax_error(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`File "x", line N`, source, caret, `SyntaxError: ...`: what the compiler says without a traceback."""
    ahead = [cursor.peek(i) or "" for i in range(4)]
    at = next((i for i, text in enumerate(ahead) if _SYNTAX.match(text)), None)
    if at is not None:
        lines = [match.string, *(cursor.take() for _ in range(at + 1))]
        failure = _crash(trace_of(lines))
        yield replace(failure, kind="git") if any(map(_CONFLICT.match, lines)) else failure


def missing_module(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`python -m X` where X is not installed."""
    del cursor
    message = f"No module named {match['module']}"
    yield Failure("python", "command", message, symbol=match["module"], confidence=LINE)


def fatal(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The dump of all threads, innermost frame first; only the current thread matters."""
    dump = cursor.take_while(lambda text: not text or text.startswith(_DUMP), limit=5000)
    current = next((i for i, text in enumerate(dump) if text.startswith("Current thread")), 0)
    end = next((i for i in range(current + 1, len(dump)) if not dump[i]), len(dump))
    frames = tuple(reversed(list(frames_in(dump[current:end]))))
    place = blamed(frames)
    test = next((frame for frame in frames if frame.in_repo and (frame.function or "").startswith("test")), None)
    yield Failure(
        "pytest" if test else "python",
        "crash",
        match["message"],
        file=place.file if place else None,
        line=place.line if place else None,
        test_id=f"{test.file}::{test.function}" if test else None,
        frames=frames,
        confidence=BLOCK,
    )


def _crash(trace: Trace) -> Failure:
    place = trace.blamed
    return Failure(
        "python",
        kind_of(trace.exception, "crash"),
        trace.message or trace.exception or "uncaught exception",
        file=place.file if place else None,
        line=place.line if place else None,
        symbol=symbol_of(trace.message),
        exception=trace.exception,
        frames=trace.frames,
        confidence=BLOCK,
    )


FORMAT = Format(
    "python",
    starts={
        HEAD: uncaught,
        r'  File "[^"]+", line \d+$': syntax_error,
        r"\S*python[\d.]*(?:\.exe)?: No module named '?(?P<module>[\w.]+)": missing_module,
        r"(?P<message>Fatal Python error: .*)": fatal,
    },
    anywhere=("Fatal Python error: ",),
)
