"""The Go compiler, go vet and the go command with its modules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import COLUMN, Format

_FILE = r"(?P<file>(?:[A-Za-z]:[\\/])?[^\s:()\[\]'\"`,;|<>]+\.go):(?P<line>\d+)"
_VET = re.compile(
    r"(?:fmt\.|log\.|\(\*?[\w./]+\)\.|\w+\.)?\w*(?:[Pp]rint|Error|Fatal|Log|Skip|Panic)\w* (?:call|format|arg|does not)"
    r"|(?:fmt\.|log\.)\w+:? possible|non-constant format string|wrong number of args|.* in slog call"
    r"|struct field (?:tag|\w+ repeats)|composite literal uses unkeyed|unreachable code|self-assignment of"
    r"|result of .* call not used|(?:assignment|literal|range var|return|call of|variable) .*copies lock|.* passes lock"
    r"|loop variable \w+ captured|possible misuse of|the cancel\w* function|this return statement may be reached"
    r"|.*should have signature|.*call to .* (?:copies|passes non-pointer|from a non-test goroutine)"
    r"|(?:redundant|suspect) (?:and|or): |second arg(?:ument)? to errors\.As|impossible \w+|\+build lines"
    r"|.*//go:build|.*malformed name|using \w+ before checking for errors"
)
_MODULE = re.compile(
    r"(?:cannot find module providing package|no required module provides package"
    r"|missing go\.sum entry for module providing package|cannot find package|package) \"?(?P<name>[^\s;:\"]+)"
)
_MISSING = re.compile(
    r"cannot find module providing|no required module provides|missing go\.sum entry|cannot find package \"?\S+\.\S+/"
)
_IMPORT = re.compile(
    r"package \S+ is not in (?:std|GOROOT)|cannot find package|could not import|use of internal package|import cycle"
)
_NAME = re.compile(
    r"undefined: (?P<name>[\w.]+)|\"?(?P<unused>[\w/.]+)\"? imported"
    r"|declared (?:and|but) not used: (?P<new>\w+)|(?P<old>\w+) declared (?:and|but) not"
)
_CHATTER = ("downloading ", "finding ", "extracting ", "added ", "upgraded ", "found ", "creating ", "to add ")
_GO_MOD = re.compile(r"(?P<file>\S*go\.(?:mod|sum|work))(?::(?P<line>\d+))?")
_NETWORK = re.compile(r".*(?:dial tcp|i/o timeout|no such host|connection re|TLS handshake|50[0-4] |unexpected EOF)")


def diagnostic(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path.go:line:col: message`; what follows with a tab belongs to it."""
    message = match["message"]
    details = cursor.take_while(lambda text: text.startswith("\t"), limit=30)
    get = next((text.strip() for text in details if text.startswith("\tgo get ")), None)
    named = _MODULE.search(message) or _NAME.search(message)
    yield Failure(
        "go",
        _kind(message),
        message,
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]) if match["col"] else None,
        symbol=next(filter(None, named.groups()), None) if named else None,
        confidence=LINE,
        fixable_hint=Hint("command", get) if get else None,
    )


def _kind(message: str) -> Kind:
    if _MISSING.match(message):
        return "dependency"
    if _IMPORT.match(message):
        return "import"
    return "lint" if _VET.match(message) else "compile"


def module(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`go: ...`: the command itself, mostly about modules."""
    message = match["message"]
    details = cursor.take_while(lambda text: text.startswith("\t"), limit=30)
    if message.startswith(
        ("downloading ", "finding ", "extracting ", "added ", "upgraded ", "found ", "creating ", "to add ")
    ):
        return
    place = _GO_MOD.search(" ".join([message, *details]))
    yield Failure(
        "go",
        _module_kind(message),
        " ".join([f"go: {message}", *(text.strip() for text in details[:5])]),
        file=place["file"] if place else None,
        line=int(place["line"]) if place and place["line"] else None,
        confidence=BLOCK,
        fixable_hint=Hint("command", "go mod tidy") if "go mod tidy" in message else None,
    )


def _module_kind(message: str) -> Kind:
    if _NETWORK.match(message):
        return "network"
    if re.match(
        r"errors parsing|cannot find main module|go\.mod file not found|unknown (?:sub)?command|no such tool", message
    ):
        return "config"
    return "dependency"


def module_line(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`go.mod:5: unknown directive: x`."""
    del cursor
    line = int(match["line"])
    yield Failure("go", "config", match["message"], file=match["file"], line=line, confidence=LINE)


def package_not_found(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`package x is not in std`, and import cycles, which name packages only."""
    lines = cursor.take_while(lambda text: text.startswith("\t"), limit=50)
    said = " ".join([match.string, *(text.strip() for text in lines)])
    if "import cycle" in said or "is not in" in said or "cannot find" in said:
        yield Failure("go", "import", said, symbol=match["name"], confidence=LINE)


def failed(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    r"""`FAIL\tpackage ...` alone: something above tells why."""
    del cursor
    yield Failure("go", "compile" if "build failed" in match.string else "test", match.string, confidence=WRAPPER)


FORMAT = Format(
    "go",
    starts={
        rf"(?:vet: )?{_FILE}{COLUMN}: (?P<message>.+)": diagnostic,
        r"go: (?P<message>\S.*)": module,
        r"(?P<file>\S*go\.mod):(?P<line>\d+)(?::\d+)?: (?P<message>.+)": module_line,
        r"(?P<file>\S*go\.work):(?P<line>\d+)(?::\d+)?: (?P<message>.+)": module_line,
        r"(?:\S+\.go:\d+:\d+: )?package (?P<name>[\w./~-]+)(?:$| is not in |: cannot find)": package_not_found,
        r"FAIL\t(?P<package>\S+)(?:\t| \[)": failed,
    },
)
