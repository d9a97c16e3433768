"""Python tracebacks, wherever they are printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Frame, Kind
from dspy_ci.failures.paths import is_ours

HEAD = r"Traceback \(most recent call last\):"
CHAINED = re.compile(
    r"\s*(?:The above exception was the direct cause of|During handling of the above exception, another)"
)
EXCEPTION = re.compile(r"(?P<exc>(?:(?:[A-Za-z_]\w*|<locals>)\.)*[A-Z]\w*)(?:: (?P<msg>.*)|:?$)")
_FRAME = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:,? in (?P<func>.+))?')
_MARGIN = re.compile(r"[ +|]*[|+] ")

SYNTAX = {"SyntaxError", "IndentationError", "TabError"}
IMPORT = {"ImportError", "ModuleNotFoundError"}
_MISSING_MODULE = re.compile(r"No module named '?([\w.]+)'?")
_MISSING_NAME = re.compile(r"cannot import name '(\w+)'|name '(\w+)' is not defined|has no attribute '(\w+)'")


@dataclass(frozen=True, slots=True)
class Trace:
    """One traceback, or the last of a chain of them."""

    frames: tuple[Frame, ...]
    exception: str | None
    message: str

    @property
    def blamed(self) -> Frame | None:
        """The innermost frame in the repository."""
        return blamed(self.frames)


def blamed(frames: Sequence[Frame]) -> Frame | None:
    """The innermost frame in the repository, if any."""
    return next((frame for frame in reversed(frames) if frame.in_repo), None)


def frame(file: str, line: str | int | None, function: str | None = None) -> Frame:
    """A frame that knows by its path whether it is ours."""
    return Frame(file, int(line) if line is not None else None, function, in_repo=is_ours(file))


def frames_in(lines: Sequence[str]) -> Iterator[Frame]:
    """The `File "x", line N, in f` lines."""
    for text in lines:
        if match := _FRAME.match(text):
            yield frame(match["file"], match["line"], match["func"])


def take_traceback(cursor: Cursor) -> list[str]:
    """The lines of a traceback whose head was just taken, with those that it is chained to."""
    taken = cursor.take_while(lambda text: text.startswith((" ", "\t")), limit=5000)
    if (text := cursor.peek()) is not None and EXCEPTION.match(text):
        taken.append(cursor.take())
    if cursor.peek() == "" and (text := cursor.peek(1)) is not None and CHAINED.match(text):
        taken += [cursor.take(), cursor.take()]
        cursor.skip_blank()
        if (text := cursor.peek()) is not None and re.match(HEAD, text):
            taken.append(cursor.take())
            taken += take_traceback(cursor)
    return taken


def trace_of(lines: Sequence[str]) -> Trace:
    """The traceback that lines show; of a chain the last one, with earlier frames if it shows none of ours."""
    lines = _outermost(lines)
    cuts = [i for i, text in enumerate(lines) if CHAINED.match(text)]
    last = list(lines[cuts[-1] + 1 :]) if cuts else list(lines)
    frames = tuple(frames_in(last))
    if cuts and blamed(frames) is None:
        frames = tuple(frames_in(lines[: cuts[-1]])) + frames
    raised = _raised(last)
    if raised is None:
        return Trace(frames, None, last[-1].strip() if last else "")
    return Trace(frames, raised["exc"], (raised["msg"] or "").strip())


def _outermost(lines: Sequence[str]) -> list[str]:
    """Of an exception group the group itself, freed of its margin; its members stand below the first divider."""
    if not any("Exception Group Traceback" in text for text in lines):
        return list(lines)
    end = next((i for i, text in enumerate(lines) if "+-+---" in text), len(lines))
    return [_MARGIN.sub("", text) for text in lines[:end]]


def _raised(lines: Sequence[str]) -> re.Match[str] | None:
    """The line that names the exception: the first without indent after the last frame."""
    start = max((i for i, text in enumerate(lines) if _FRAME.match(text)), default=-1) + 1
    for text in lines[start:]:
        if text[:1] not in {" ", "\t", ""} and (match := EXCEPTION.match(text)):
            return match
    return None


def kind_of(exception: str | None, otherwise: Kind) -> Kind:
    """`syntax` and `import` for the exceptions that say so, else what the caller knows."""
    name = (exception or "").rpartition(".")[2]
    if name in SYNTAX:
        return "syntax"
    return "import" if name in IMPORT else otherwise


def symbol_of(message: str) -> str | None:
    """The missing module or name that a message speaks of."""
    if match := _MISSING_MODULE.search(message):
        return match[1]
    match = _MISSING_NAME.search(message)
    return next(filter(None, match.groups()), None) if match else None
