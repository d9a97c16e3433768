"""Pytest: its sections from FAILURES to the trailer, and what it says without any section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dspy_ci.failures.confidence import BLOCK, LINE, SUMMARY, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding, Tally, Workspace
from dspy_ci.failures.format import Format
from dspy_ci.failures.formats.pytest_blocks import CAPTURED, HEAD, Block
from dspy_ci.failures.formats.pytest_summary import Entry, entries
from dspy_ci.failures.trace import blamed, frames_in, kind_of, symbol_of, trace_of

_TITLES = (
    r"FAILURES|ERRORS|PASSES|XFAILURES|XPASSES|warnings summary.*|short test summary info|rerun test summary info"
    r"|slowest .*durations|tests coverage|coverage: .*|Hypothesis Statistics|snapshot report summary|inline-snapshot"
    r"|flaky test report|Flaky Test Report|test session starts.*|benchmark.*"
)
_SECTION = re.compile(rf"={{2,}} (?P<title>{_TITLES}) ={{2,}}$")
_COUNTS = (
    r"(?:\d+ [a-z]+(?:, |(?= in )))+ in \d[\d.]*s(?:econds)?(?: \([\d:]+\))?|no tests ran in \d[\d.]*s?(?: seconds)?"
)
_COUNTS = (
    r"(?P<counts>(?:\d+ (?:failed|passed|skipped|deselected|xfailed|xpassed|errors?|warnings?|rerun|subtests passed"
    r"|failures|snapshots? \w+)(?:, )?)+|no tests ran) in \d[\d.]*(?: ?s(?:econds)?)?(?: \([\d:]+\))?"
)
_TRAILER = re.compile(rf"(?:=+ )?{_COUNTS}(?: =+)?$")
_BANG = re.compile(r"!{2,} .* !{2,}$")
_FAILED = re.compile(r"(\d+) (?:failed|errors?)\b")
_LINE_STYLE = re.compile(r"(?P<file>(?:[A-Za-z]:)?[^:\s][^:]*):(?P<line>\d+): (?P<exc>[\w.]+)(?:: (?P<msg>.*))?$")
_LONGEST_BLOCK = 20_000


@dataclass
class Session:
    """What the sections of one run have said so far."""

    failures: list[Failure] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def sections(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """All sections that follow each other, then blocks and summary brought together."""
    session, title, width = Session(), match["title"], len(match[0])
    while True:
        _section(title, cursor, session, width)
        following = _SECTION.match(cursor.peek() or "")
        if not following or following["title"].startswith("test session starts"):
            break
        cursor.take()
        title, width = following["title"], len(following[0])
    yield from _joined(session)


def _section(title: str, cursor: Cursor, session: Session, width: int) -> None:
    if title in {"FAILURES", "ERRORS"}:
        _blocks(cursor, session, width)
    elif title in {"short test summary info", "rerun test summary info"}:
        first = cursor.number + 1
        lines = cursor.take_until(lambda text: _ends(text) or _BANG.match(text) or text.startswith("##["))
        session.entries += entries(lines, first)
    elif title in {"PASSES", "XFAILURES", "XPASSES"} or title.startswith(("warnings", "slowest")):
        cursor.take_until(_ends)


def _ends(text: str) -> object:
    return (text.startswith("==") and _SECTION.match(text)) or (_TRAILER.match(text) if " in " in text else None)


def _blocks(cursor: Cursor, session: Session, width: int) -> None:
    """The blocks of a section; their heads are as wide as its own line, which tells them from what tests print."""

    def is_head(text: str) -> bool:
        return text.startswith("_") and len(text) >= width - 1 and bool(HEAD.match(text))

    def ends_block(text: str) -> object:
        if text.startswith("-"):
            return CAPTURED.match(text)
        return _BANG.match(text) if text.startswith("!!!") else is_head(text) or _ends(text)

    while (text := cursor.peek()) is not None and not _ends(text):
        if text.startswith("E "):
            _line_style(cursor, session)
        elif CAPTURED.match(text):
            # Captured output may hold whole fake failures.
            cursor.take_until(lambda text: is_head(text) or _ends(text))
        elif is_head(cursor.take()) and (head := HEAD.match(text)):
            first = cursor.number
            lines = cursor.take_until(ends_block, limit=_LONGEST_BLOCK)
            session.blocks.append(Block(head["name"], tuple(lines), (first, cursor.number)))


def _line_style(cursor: Cursor, session: Session) -> None:
    """`--tb=line`: the message, then `path:line: Class: message`."""
    first = cursor.number
    cursor.take_while(lambda text: text.startswith((" ", "E ")))
    if match := _LINE_STYLE.match(cursor.peek() or ""):
        cursor.take()
        lines = (f"E   {match['exc']}: {match['msg'] or ''}", f"{match['file']}:{match['line']}: {match['exc']}")
        session.blocks.append(Block("", lines, (first, cursor.number)))


def _joined(session: Session) -> Iterator[Finding]:
    """Each block with the id that the summary gives it; then what only the summary knows."""
    left = [entry for entry in session.entries if entry.status != "RERUN"]
    for block in session.blocks:
        failure = block.failure()
        entry = _entry_of(block, failure, left)
        if entry:
            left.remove(entry)
        yield _named(block, failure, entry)
    for entry in left:
        yield _from_summary(entry)


def _entry_of(block: Block, failure: Failure, left: list[Entry]) -> Entry | None:
    """The line of the summary that speaks of a block."""
    if block.phase == "collecting":
        return next((entry for entry in left if entry.test_id == block.test), None)
    if not block.name:
        return next((entry for entry in left if _same_message(entry, failure)), None)
    named = [entry for entry in left if entry.name == block.test or entry.test_id == failure.test_id]
    files = {frame.file for frame in failure.frames}
    near = [entry for entry in named if any(file.endswith(entry.file) for file in files)]
    return next(iter(near or named), None)


def _same_message(entry: Entry, failure: Failure) -> bool:
    said = entry.message.removesuffix("...")
    return f"{failure.exception}: {failure.message}".startswith(said) or failure.message.startswith(said)


def _named(block: Block, failure: Failure, entry: Entry | None) -> Failure:
    if entry:
        test_id: str | None = entry.test_id
    elif block.phase == "collecting":
        test_id = block.test
    else:
        test_id = failure.test_id or _guessed_id(block, failure)
    return replace(failure, test_id=test_id, file=failure.file or (entry.file if entry else None))


def _guessed_id(block: Block, failure: Failure) -> str | None:
    """Without a summary: the file of the first frame of ours, and the name from the head."""
    first = next((frame for frame in failure.frames if frame.in_repo), None)
    if not first or not block.name:
        return None
    name, bracket, parameters = block.test.partition("[")
    return f"{first.file}::{name.replace('.', '::')}{bracket}{parameters}"


def _from_summary(entry: Entry) -> Failure:
    match = re.match(r"(?P<exc>[\w.]*(?:Error|Exception|Warning|Failed)): (?P<msg>.*)", entry.message)
    exception = match["exc"] if match else None
    collecting = "::" not in entry.test_id
    kind: Kind = "fixture" if entry.status == "ERROR" else "test"
    if collecting:
        kind = kind_of(exception, "collection")
    elif "Timeout (>" in entry.message:
        kind = "timeout"
    return Failure(
        "pytest",
        kind,
        (match["msg"] if match else entry.message) or f"{entry.status} {entry.test_id}",
        file=entry.file,
        symbol=symbol_of(entry.message),
        test_id=entry.test_id,
        exception=exception,
        log_span=(entry.number, entry.number),
        confidence=SUMMARY,
    )


def trailer(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`3 failed, 1 passed in 8.32s`, or nothing at all was run."""
    del cursor
    if match["counts"] == "no tests ran":
        yield Failure("pytest", "usage", "no tests ran", confidence=WRAPPER)
    else:
        yield Tally("pytest", sum(int(count) for count in _FAILED.findall(match["counts"])))


def header(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`rootdir: X` names the checkout."""
    del cursor
    yield Workspace(match["folder"])


def conftest(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A conftest that cannot be imported ends pytest without any banner."""
    lines = cursor.take_while(lambda text: text and not text.startswith("##["), limit=500)
    failure = Block("ERROR collecting " + match["file"], tuple(lines), (cursor.number, cursor.number)).failure()
    yield replace(failure, file=failure.file or match["file"], test_id=None, log_span=None)


def internal_error(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Pytest itself broke, mostly in a hook of a conftest."""
    del match
    lines = cursor.take_while(lambda text: text.startswith("INTERNALERROR>"))
    trace = trace_of([line[15:] for line in lines])
    place = trace.blamed
    yield Failure(
        "pytest",
        "crash",
        trace.message or trace.exception or "internal error",
        file=place.file if place else None,
        line=place.line if place else None,
        exception=trace.exception,
        frames=trace.frames,
        confidence=BLOCK,
    )


def usage(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`pytest: error: ...`; the ini file is to blame where one is named."""
    details = cursor.take_while(lambda text: text.startswith("  "), limit=10)
    named = dict(text.strip().split(": ", 1) for text in details if ": " in text)
    inifile = named.get("inifile")
    if "rootdir" in named:
        yield Workspace(named["rootdir"])
    yield Failure("pytest", "usage", match["message"], file=None if inifile == "None" else inifile, confidence=LINE)


def not_found(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERROR: file or directory not found: X`, or a test id that does not exist."""
    del cursor
    yield Failure("pytest", "usage", match["message"], file=match["file"].partition("::")[0], confidence=LINE)


def rerun(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`test RERUN` and then `test PASSED`: the proof of a flaky test."""
    ahead = (cursor.peek(i) or "" for i in range(50))
    outcome = next((m for text in ahead if (m := re.match(re.escape(match["id"]) + r" (PASSED|FAILED)", text))), None)
    if outcome and outcome[1] == "PASSED":
        file = match["id"].partition("::")[0]
        yield Failure("pytest", "flaky", "RERUN, then PASSED", file=file, test_id=match["id"], confidence=LINE)


def timeout(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """pytest-timeout in thread mode dumps all stacks and kills the process: no summary follows."""
    del match
    dump = cursor.take_until(lambda text: re.match(r"\++ Timeout \++$", text), limit=5000)
    cursor.take()
    main = next((i for i, text in enumerate(dump) if "Stack of MainThread" in text), 0)
    frames = tuple(frames_in(dump[main:]))
    place = blamed(frames)
    test = next((frame for frame in frames if frame.in_repo and (frame.function or "").startswith("test")), None)
    if place:
        yield Failure(
            "pytest",
            "timeout",
            "Timeout: killed by pytest-timeout",
            file=place.file,
            line=place.line,
            test_id=f"{test.file}::{test.function}" if test else None,
            frames=frames,
            confidence=BLOCK,
        )


FORMAT = Format(
    "pytest",
    starts={
        rf"={{2,}} (?P<title>{_TITLES}) ={{2,}}$": sections,
        rf"(?:=+ )?{_COUNTS}(?: =+)?$": trailer,
        r"rootdir: (?P<folder>/[^,\s]+|[A-Za-z]:\\[^,\s]+)": header,
        r"ImportError while loading conftest '(?P<file>[^']+)'": conftest,
        r"INTERNALERROR> ": internal_error,
        r"(?:ERROR: )?(?:python\S* -m )?(?:pytest|py\.test|__main__\.py): error: (?P<message>.+)": usage,
        r"ERROR: (?P<message>(?:file or directory )?not found: (?P<file>\S+))": not_found,
        r"(?P<id>[^\s:]+\.py::.+?) RERUN\b": rerun,
        r"\++ Timeout \++$": timeout,
    },
    anywhere=("+++ Timeout +++",),
)
