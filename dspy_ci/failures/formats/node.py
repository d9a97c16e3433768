"""Node itself: errors that nobody caught, syntax errors, missing modules, an exhausted heap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK, LINE
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Frame
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import PLACE, Format
from dspy_ci.failures.js_stack import EXCEPTION, bare_path, frames_of, kind_of, missing_module, raised
from dspy_ci.failures.paths import is_ours
from dspy_ci.failures.trace import blamed

_RAISED = re.compile(rf"(?:Uncaught |\[)?{EXCEPTION}(?: \[(?P<code>\w+)\])?(?:: .*|$)")
_CARET = re.compile(r"\s*\^+\s*$")
_FRAME = re.compile(r"\s+at \S")
_CODE = re.compile(r"\s*code: '(?P<code>\w+)'")
_IMPORTER = re.compile(r"imported from (?P<file>\S+)|- (?P<required>/\S+|[A-Za-z]:\\\S+)$")
_EXCERPT = 8


def thrown(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line`, the source, a caret, then the error: how Node ends for an uncaught one."""
    ahead = [cursor.peek(i) or "" for i in range(_EXCERPT)]
    caret = next((i for i, text in enumerate(ahead) if _CARET.match(text)), None)
    at = next((i for i, text in enumerate(ahead) if _RAISED.match(text)), None)
    if caret is not None and at is None and any("--trace-uncaught" in text for text in ahead):
        yield _thrown_value(match, [cursor.take() for _ in range(caret + 2)][-1])
    if caret is None or at is None or at < caret:
        return
    for _ in range(at):
        cursor.take()
    where = Frame(bare_path(match["file"]), int(match["line"])) if is_ours(bare_path(match["file"])) else None
    yield _failure([cursor.take(), *_details(cursor)], where)


def _thrown_value(match: re.Match[str], said: str) -> Failure:
    """What was thrown is no error object: Node shows its text and no stack."""
    file, line = bare_path(match["file"]), int(match["line"])
    return Failure("node", "crash", said, file=file, line=line, confidence=BLOCK)


def printed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """An error with its stack, printed by somebody who then gave up."""
    ahead = next((i for i in range(_EXCERPT) if _FRAME.match(cursor.peek(i) or "")), None)
    frame = cursor.peek(ahead) or "" if ahead is not None else ""
    if ahead is None or not re.search(r":\d+\)?(?: \{)?$|\(<anonymous>\)$", frame) or ".java:" in frame:
        return
    yield _failure([match.string, *_details(cursor)], None)


def _details(cursor: Cursor) -> list[str]:
    """The rest of the message, the frames, and the properties of the error in braces."""
    lines = cursor.take_until(lambda text: _FRAME.match(text) or not text, limit=20)
    frames = cursor.take_while(_FRAME.match, limit=200)
    if (frames or lines) and (frames or lines)[-1].endswith("{"):
        frames += cursor.take_until(lambda text: text == "}", limit=100)
        cursor.take()
    return [*lines, *frames]


def _failure(lines: Sequence[str], where: Frame | None) -> Failure:
    text = lines[0].removeprefix("Uncaught ").strip("[]" if lines[0].startswith("[") else "")
    exception, code, message = raised(text)
    said = next((match["code"] for line in lines if (match := _CODE.match(line))), None)
    frames = frames_of(lines)
    kind = kind_of(text, "crash")
    place = where if kind == "syntax" and where else (blamed(frames) or where or _importer(lines))
    return Failure(
        "node",
        kind,
        f"{exception}: {message}" if exception and kind == "syntax" else message or text,
        file=place.file if place else None,
        line=place.line if place else None,
        symbol=missing_module(text),
        code=code or said,
        exception=exception,
        frames=frames,
        confidence=BLOCK,
    )


def _importer(lines: Sequence[str]) -> Frame | None:
    """Who wanted a module, where no frame of ours tells."""
    found = (match for line in lines if (match := _IMPORTER.search(line)))
    path = next((bare_path(match["file"] or match["required"]) for match in found), None)
    return Frame(path, None) if path else None


def heap(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`FATAL ERROR: ... JavaScript heap out of memory`, then a native stack."""
    cursor.take_while(lambda text: re.match(r"\s*\d+: 0x|-+ Native stack|\s*$|\s*\d+: ", text), limit=60)
    yield Failure("node", "oom", match["message"], confidence=LINE)


FORMAT = Format(
    "node",
    starts={
        rf"{PLACE}$": thrown,
        r"(?P<file>file://[^\s:()]+):(?P<line>\d+)$": thrown,
        r"(?P<file>node:[^\s:]+):(?P<line>\d+)$": thrown,
        rf"(?:Uncaught )?{EXCEPTION}(?: \[(?P<code>\w+)\])?: \S": printed,
        r"FATAL ERROR: (?P<message>.*(?:heap out of memory|Allocation failed).*)": heap,
    },
)
