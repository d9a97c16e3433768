"""docker build, pull and run: the failed instruction, and what the command inside it printed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_STEP = re.compile(r"#\d+ (?:\d+\.\d+ )?(?P<text>.*)$")
_EXCERPT = re.compile(r"(?:\d+\.\d+ )?(?P<text>.*)$")
_MARKED = re.compile(r"\s*(?P<line>\d+) \| >>> ")
_PARSE = re.compile(r".*dockerfile parse error (?:on )?line (?P<line>\d+): (?P<what>.*)")
_KINDS: tuple[tuple[str, Kind], ...] = (
    (
        r".*(?:toomanyrequests|rate limit|TLS handshake|i/o timeout|no such host|connection re|50[0-4] )",
        "network",
    ),
    (
        r".*(?:pull access denied|denied: |unauthorized|insufficient_scope|authentication required|permission denied)",
        "permission",
    ),
    (r".*(?:[Nn]o space left on device)", "disk"),
    (r".*(?:Cannot connect to the Docker daemon|Is the docker daemon running)", "infra"),
    (r".*(?:exit code: 137|signal: killed|OOM|cannot allocate memory)", "oom"),
    (r".*(?:dockerfile parse error|unknown instruction|syntax error)", "syntax"),
    (
        r".*(?:manifest unknown|manifest for|: not found$|failed to resolve source metadata|no matching manifest)",
        "dependency",
    ),
    (r".*(?:failed to read dockerfile|open Dockerfile|the Dockerfile .* cannot be empty|target stage)", "config"),
    (r".*(?:port is already allocated|Conflict\. The container name|No such (?:container|image))", "command"),
)


def output(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`#8 1.912 text`: what an instruction prints is read as if it stood alone."""
    first = cursor.number
    lines = [match.string, *cursor.take_while(_STEP.match)]
    texts = [step["text"] if (step := _STEP.match(line)) else "" for line in lines]
    yield from cursor.nested(["" if text.startswith("ERROR: process ") else text for text in texts], first)


def excerpt(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """` > [4/5] RUN cmd:` and the last lines that it printed, once more."""
    del match
    first = cursor.number + 1
    lines = cursor.take_until(lambda text: text.startswith("------"), limit=200)
    yield from cursor.nested([found["text"] if (found := _EXCERPT.match(line)) else line for line in lines], first)


def solve(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ERROR: failed to solve: reason`; the excerpt of the Dockerfile above it shows the line."""
    del cursor
    yield _solved(match["message"], None, None)


def marked(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Dockerfile:4`, the excerpt with `>>>`, and the error."""
    if not (cursor.peek() or "").startswith("----"):
        return
    lines = [cursor.take(), *cursor.take_until(lambda text: text.startswith("----"), limit=60)]
    cursor.take()
    cursor.skip_blank()
    following = re.match(r"(?:ERROR: |target \S+: )*failed to (?:solve|build).*?: (?P<message>.*)", cursor.peek() or "")
    mark = next((found for text in lines if (found := _MARKED.match(text))), None)
    line = int(mark["line"] if mark else match["line"])
    if following:
        cursor.take()
        yield _solved(following["message"], match["file"], line)


def _solved(message: str, file: str | None, line: int | None) -> Failure:
    parse = _PARSE.match(message)
    if parse:
        file, line = file or "Dockerfile", int(parse["line"])
    kind = _kind(message, "compile")
    return Failure("docker", kind, message, file=file, line=line, confidence=BLOCK if file else LINE)


def daemon(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Error response from daemon: ...`, and what the client itself says."""
    del cursor
    yield Failure("docker", _kind(match["message"], "command"), match["message"], confidence=LINE)


def classic(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """The builder before BuildKit: `The command '/bin/sh -c x' returned a non-zero code: 1`."""
    del cursor
    yield Failure(
        "docker", _kind(f"exit code: {match['code']}", "compile"), match[0], file="Dockerfile", confidence=LINE
    )


def wrapper(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A runner tells that docker failed."""
    del cursor
    yield Failure("docker", "command", match["message"], confidence=WRAPPER)


def _kind(message: str, otherwise: Kind) -> Kind:
    return next((kind for pattern, kind in _KINDS if re.match(pattern, message)), otherwise)


FORMAT = Format(
    "docker",
    starts={
        r"#\d+ \d+\.\d+ ": output,
        r" > \[.*\] .*:$": excerpt,
        r"(?P<file>\S*[Dd]ockerfile\S*?):(?P<line>\d+)$": marked,
        r"(?:ERROR: |target \S+: )+failed to (?:solve|build).*?: (?P<message>.+)": solve,
        r"failed to solve: (?P<message>.+)": solve,
        r"Error response from daemon: (?P<message>.+)": daemon,
        r"(?:docker|ERROR): (?:Error response from daemon: )?(?P<message>(?:toomany|pull access|manifest"
        r"|Get \"http|Head \"http).*)": daemon,
        r"(?:docker|ERROR): Error response from daemon: (?P<message>.+)": daemon,
        r"(?:docker: |ERROR: )(?P<message>Cannot connect to the Docker daemon.*)": daemon,
        r"The command '(?P<command>.*)' returned a non-zero code: (?P<code>\d+)": classic,
        r"##\[error\](?P<message>Docker (?:pull|build|login|run) failed with exit code \d+)": wrapper,
    },
)
