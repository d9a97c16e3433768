"""Pip: requirements that cannot be met, builds that failed, and the network that looks like either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from textwrap import dedent

from dspy_ci.failures.confidence import BLOCK, LINE, WARNING, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format
from dspy_ci.failures.trace import HEAD, symbol_of, take_traceback, trace_of

_BROKEN = re.compile(r"WARNING: Retrying .*? after connection broken by '(?P<why>.*?)': ")
_FROM_FILE = re.compile(r"-r (?P<file>\S+?) \(line (?P<line>\d+)\)")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_PROJECT = re.compile(r"Processing (?:\./)?(?P<folder>[^\s:]+)$")
_ERRNO: dict[str, Kind] = {
    "Errno 28": "disk",
    "No space left": "disk",
    "Errno 13": "permission",
    "Connection": "network",
}


def unmet(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """No version fits, or no version could be asked for: the same two lines follow a broken connection."""
    cursor.take_while(lambda text: text.startswith("ERROR: No matching distribution found for"), limit=1)
    requirement = match["requirement"]
    name = _NAME.match(requirement)
    broken = next((found for text in reversed(cursor.behind(60)) if (found := _BROKEN.match(text))), None)
    message = f"No matching distribution found for {requirement}"
    failure = Failure(
        "pip",
        "network" if broken else "dependency",
        f"{message}: {broken['why']}" if broken else message,
        symbol=name[0] if name else None,
        confidence=BLOCK,
    )
    yield _placed(failure, match.string)


def conflict(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Requirements that exclude each other, explained line by line up to `ResolutionImpossible`."""
    lines = cursor.take_until(lambda text: text.startswith(("ERROR: ", "##[")), limit=60)
    if (cursor.peek() or "").startswith("ERROR: ResolutionImpossible"):
        cursor.take()
    why = [text.strip() for text in lines if text.startswith("    ")]
    message = "; ".join([f"ResolutionImpossible: {match['message']}", *why])
    yield _placed(Failure("pip", "dependency", message, confidence=BLOCK), match.string)


def incompatible(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`A requires B, but you have C`: `pip check` fails with it, `pip install` only mentions it."""
    mentioned = any("dependency resolver does not currently" in text for text in cursor.behind(20))
    confidence = WARNING if mentioned and " requires " in match[0] else LINE
    message = f"{match['who']} requires {match['what']}, but you have {match['have'].rstrip('.')}"
    if "not installed" not in message:
        message = f"{message.removesuffix(' which is incompatible')} which is incompatible."
    yield Failure("pip", "dependency", message, symbol=match["name"], confidence=confidence)


def hashes(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A file is not the one that was pinned."""
    lines = cursor.take_while(lambda text: text.startswith("    "), limit=60)
    yield _placed(Failure("pip", "dependency", match["message"], confidence=BLOCK), " ".join(lines))


def build(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The output of a build back end, indented, from `[n lines of output]` to `[end of output]`."""
    cursor.take_until(lambda text: "lines of output]" in text, limit=12)
    cursor.take()
    first = cursor.number + 1
    folder = _folder(cursor)
    output = cursor.take_until(lambda text: text.strip() == "[end of output]", limit=20_000)
    cursor.take()
    lines = dedent("\n".join(output)).split("\n")
    inside = [found for found in cursor.nested(lines, first) if isinstance(found, Failure)]
    foreign = [failure for failure in inside if failure.tool != "python" and failure.confidence > WRAPPER]
    yield from foreign or [_built_by(lines, folder)]
    del match


def _built_by(lines: list[str], folder: str | None) -> Failure:
    """What a build script raised; its file is not named, as it is run from a string."""
    start = max((i for i, text in enumerate(lines) if re.match(HEAD, text)), default=None)
    if start is None:
        error = next((text for text in reversed(lines) if re.match(r"error: |.*Error", text)), "the build failed")
        return Failure("pip", "packaging", error.removeprefix("error: "), confidence=LINE)
    trace = trace_of(lines[start:])
    file = "pyproject.toml" if "pyproject.toml" in trace.message else "setup.py"
    named = folder and any(frame.file == "<string>" for frame in trace.frames)
    return Failure(
        "pip",
        "packaging",
        trace.message or trace.exception or "the build failed",
        file=f"{folder}/{file}" if named and folder != "." else file if named else None,
        symbol=symbol_of(trace.message),
        exception=trace.exception,
        frames=trace.frames,
        confidence=BLOCK,
    )


def _folder(cursor: Cursor) -> str | None:
    match = next((found for text in reversed(cursor.behind()) if (found := _PROJECT.match(text))), None)
    return match["folder"] if match else None


def exception(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERROR: Exception:` and a traceback through pip itself; mostly a file that it cannot read."""
    if not re.match(HEAD, cursor.peek() or ""):
        return
    cursor.take()
    trace = trace_of(take_traceback(cursor))
    broken = trace.exception and trace.exception.endswith(("TOMLDecodeError", "ParseError"))
    yield Failure(
        "pip",
        "config" if broken else _kind_of(trace.message, "crash"),
        trace.message or match[0],
        exception=trace.exception,
        frames=trace.frames,
        confidence=BLOCK,
    )


def refused(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """One line that says all: a wrong Python, a missing file, an environment that pip must not touch."""
    del cursor
    quoted = re.search(r"No such file or directory: '([^']+)'", match["message"])
    kind: Kind = "config" if quoted or "Invalid requirement" in match["message"] else "packaging"
    if "different Python" in match["message"]:
        kind = "dependency"
    failure = Failure("pip", _kind_of(match["message"], kind), match["message"], confidence=LINE)
    yield replace(failure, file=quoted[1] if quoted else None)


def wrapper(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """What pip says after a build has failed."""
    del cursor
    yield Failure("pip", "packaging", match[0].strip(), confidence=WRAPPER)


def _kind_of(message: str, otherwise: Kind) -> Kind:
    return next((kind for sign, kind in _ERRNO.items() if sign in message), otherwise)


def _placed(failure: Failure, text: str) -> Failure:
    """With the requirements file and its line, where pip names them."""
    match = _FROM_FILE.search(text)
    return replace(failure, file=match["file"], line=int(match["line"])) if match else failure


FORMAT = Format(
    "pip",
    starts={
        r"ERROR: Could not find a version that satisfies the requirement (?P<requirement>.+?) \(from ": unmet,
        r"ERROR: (?P<message>Cannot install .+ because these package versions have conflicting dependencies)": conflict,
        r"(?P<who>(?P<name>[\w.-]+) \S+) (?:requires|has requirement) (?P<what>.+), "
        r"but you have (?P<have>.+)": incompatible,
        r"ERROR: (?P<message>THESE PACKAGES DO NOT MATCH THE HASHES.*|In --require-hashes mode.*)": hashes,
        r" *error: subprocess-exited-with-error": build,
        r"ERROR: Exception:$": exception,
        r"(?:ERROR|error): (?P<message>Package '.+' requires a different Python.*|Could not open requirements file.*"
        r"|Invalid requirement.*|Directory '.+' is not installable.*|Could not install packages due to an .*"
        r"|externally-managed-environment|.+ is not a supported wheel on this platform\."
        r"|HTTP error \d+ while getting .*)": refused,
        r" *(?:ERROR: Failed building wheel for|error: metadata-generation-failed|error: failed-wheel-build"
        r"|ERROR: Could not build wheels for).*": wrapper,
    },
)
