"""The shells and the tools they start: what is not found, not allowed, unset, killed, or does not fit on the disk."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, SUMMARY, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_SHELL = re.compile(r"(?:.*[\\/])?(?:ba|da|z|k|a)?sh$|-(?:ba)?sh$|environment$|main$")
_TEMPORARY = re.compile(r".*(?:/_temp/|/tmp/|[\\/]Temp[\\/]|script\.sh\.copy|@tmp/)|/")
_RULES: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"(?P<name>\S+): (?:command not found|not found|inaccessible or not found)$"), "command"),
    (re.compile(r"(?:command not found|no such file or directory): (?P<name>\S+)$"), "command"),
    (re.compile(r"(?P<name>\S+): (?:bad interpreter: .*|cannot execute.*|No such file or directory)$"), "command"),
    (re.compile(r"(?P<file>\S+): (?:Permission denied|Is a directory)$"), "permission"),
    (re.compile(r"(?P<name>\w+): (?:unbound variable|parameter (?:null or )?not set)"), "config"),
    (re.compile(r"(?:cd|pushd|source|\.): (?P<name>.+): (?:No such file or directory|Not a directory)$"), "command"),
    (re.compile(r"(?P<name>[A-Z][A-Z0-9_]+): \S"), "config"),
    (re.compile(r"(?:.*: )?[Ss]yntax error|unexpected EOF while looking for|bad substitution"), "syntax"),
    (re.compile(r".*: No space left on device$"), "disk"),
    (re.compile(r"fork: (?:retry: )?(?:Resource temporarily unavailable|Cannot allocate memory)"), "oom"),
)
_SIGNALS: dict[str, Kind] = {
    "Killed": "oom", "Terminated": "cancelled", "Segmentation fault": "crash", "Aborted": "crash",
    "Illegal instruction": "crash", "Bus error": "crash", "Floating point exception": "crash",
    "Trace/breakpoint trap": "crash",
}  # fmt: skip


def script(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`ci.sh: line 4: poetri: command not found`; dash leaves the word `line` out."""
    del cursor
    message = match["message"].strip()
    for pattern, kind in _RULES:
        if said := pattern.match(message):
            yield _failure(match["file"], int(match["line"]), message, kind, said)
            return


def _failure(script_file: str, number: int, message: str, kind: Kind, said: re.Match[str]) -> Failure:
    ours = None if _SHELL.match(script_file) or _TEMPORARY.match(script_file) else script_file
    named = said.groupdict()
    file, line = (named["file"], None) if named.get("file") else (ours, number if ours else None)
    return Failure(
        "bash",
        kind,
        message,
        file=file,
        line=line,
        symbol=named.get("name"),
        confidence=LINE,
    )


def killed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`x.sh: line 1:  2154 Killed    python train.py`: the shell says which signal ended a command."""
    del cursor
    file = match["file"]
    ours = None if _SHELL.match(file) or _TEMPORARY.match(file) else file
    line = int(match["line"]) if ours and match["line"] else None
    message = f"{match['signal']} {match['command'].strip()}".strip()
    yield Failure("bash", _SIGNALS[match["signal"]], message, file=ours, line=line, confidence=LINE)


def signal(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Killed` or `Segmentation fault (core dumped)` alone on a line."""
    del cursor
    yield Failure("bash", _SIGNALS[match["signal"]], match[0], confidence=SUMMARY)


def not_found(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`sh: foo: command not found`, `env: 'foo': No such file or directory`."""
    del cursor
    yield Failure("bash", "command", match["message"], symbol=match["name"], confidence=LINE)


def windows(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """cmd.exe and PowerShell, for commands that do not exist."""
    del cursor
    yield Failure("shell", "command", match[0], symbol=match["name"], confidence=LINE)


def disk(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Whoever says it."""
    del cursor
    yield Failure("bash", "disk", match[0], confidence=LINE)


def missing_file(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`cat: x: No such file or directory` explains a failure only where nothing else does."""
    del cursor
    kind: Kind = "permission" if match["why"].startswith(("Permission", "Operation")) else "command"
    yield Failure("bash", kind, match[0], symbol=match["name"], confidence=WRAPPER)


_SIGNAL = "|".join(map(re.escape, _SIGNALS))
_TOOLS = (
    "cat|cp|mv|ls|rm|cd|chmod|chown|tar|mkdir|sed|grep|find|head|tail|source|touch|install|ln|wc|diff|unzip|stat|tee"
)
_FULL = r"(?:No|no) space left on device|There is not enough space on the disk|Disk quota exceeded"
FORMAT = Format(
    "shell",
    starts={
        rf"(?P<file>[^\s:]+): line (?P<line>\d+): +\d+ (?P<signal>{_SIGNAL})(?P<command>.*)": killed,
        r"(?P<file>[^\s:]+): (?:eval: )?line (?P<line>\d+): (?P<message>\S.*)": script,
        r"(?P<file>[^\s:]+): (?:eval: )?(?P<line>\d+): (?P<message>\S.*: not found)$": script,
        r"(?P<file>[^\s:]+): (?:eval: )?(?P<line>\d+): (?P<message>\S.*: Permission denied)$": script,
        r"(?P<file>[^\s:]+): (?:eval: )?(?P<line>\d+): (?P<message>\w+: parameter .*)": script,
        r"(?P<file>[^\s:]+): (?:eval: )?(?P<line>\d+): (?P<message>Syntax error: .*)": script,
        r"(?P<file>zsh):(?P<line>\d+): (?P<message>\S.*)": script,
        rf"(?P<file>(?:\S*/)?(?:ba|da|z|k|a)?sh): (?P<line>)\d+ (?P<signal>{_SIGNAL})(?P<command>.*)": killed,
        rf"(?P<signal>{_SIGNAL})(?: \(core dumped\)|: \d+)?$": signal,
        r"(?:\S*/)?(?:ba|da|z|k|a)?sh: (?P<message>(?P<name>[^\s:]+): (?:command )?not found)$": not_found,
        r"(?:\S*/)?env: (?P<message>[‘'`]?(?P<name>[^\s:’']+)[’']?: (?:No such file or directory"
        r"|not found))": not_found,
        r"'(?P<name>[^']+)' is not recognized as an internal or external command": windows,
        r"(?:\S+ : |\S+: )?The term '(?P<name>[^']+)' is not recognized": windows,
        _FULL: disk,
        rf"(?:{_TOOLS}): (?:cannot \w+ )?['‘]?(?P<name>[^\s:'’]+)['’]?: (?P<why>No such file|Permission denied"
        rf"|Operation not perm).*": (missing_file),
    },
    anywhere=(
        "No space left on device",
        "no space left on device",
        "There is not enough space on the disk",
        "Disk quota exceeded",
    ),
)
