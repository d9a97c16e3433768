"""Cargo with rustc, clippy and rustfmt: diagnostics with their arrows, and what cargo itself refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK, LINE, SUMMARY, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import PLACE, Format

_ARROW = re.compile(r"\s*(?:-->|:::) (?P<file>.+?):(?P<line>\d+):(?P<col>\d+)$")
_FRAME = re.compile(r"\s*(?:\d+|\.\.\.)? *[|=]|\s+(?:-->|:::) |\s*\d+ +[-+~] |(?:help|note)[:(]|\s+\S")
_RULE = re.compile(
    r"\s*= (?:note|help): .*?"
    r"(?:`?-D (?P<denied>[\w:-]+)`?|#\[deny\((?P<deny>[\w:]+)\)\]|#\[allow\((?P<allow>[\w:]+)\)\])"
)
_CLIPPY = re.compile(r"\s*= help: for further information visit \S+#(?P<rule>\w+)")
_SYMBOL = re.compile(
    r"(?:unresolved import|cannot find \w+(?: \w+)*?|use of undeclared .*?|unused \w+:?) `(?P<name>[^`]+)`"
)
_UNDEFINED = re.compile(r"(undefined (?:reference to|symbol:?) .*|cannot find -l\S+|library not found for \S+)")
_REFUSED: tuple[tuple[str, Kind], ...] = (
    (r"failed to select a version|no matching package|failed to get `|failed to load source for dep", "dependency"),
    (r"package `.*` cannot be built|rustc \S+ is not supported|checksum for", "dependency"),
    (r"the lock file .* needs to be updated|cannot update the lock file", "dependency"),
    (r"failed to parse (?:manifest|lock file)|could not find `Cargo\.toml`|invalid type:|toolchain '", "config"),
    (r"failed to download|unable to update registry|failed to fetch|network failure", "network"),
    (r"no such (?:sub)?command|'cargo-\S+' is not installed", "command"),
    (r"failed to run custom build command", "packaging"),
    (r"unexpected argument|the package '.*' does not contain|package ID spec|no (?:bin|test|example) target", "usage"),
)
_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in _REFUSED)
_WRAPPERS = re.compile(
    r"could not (?:compile|document)|test failed, to rerun|\d+ targets? failed|build failed|aborting due to"
)
_LONGEST_BLOCK = 2000


def diagnostic(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error[E0308]: message`, an arrow, a frame and notes; without arrow it is cargo's own."""
    message, code = match["message"].rstrip(), match["code"]
    arrow = _ARROW.match(cursor.peek() or "")
    if arrow:
        notes = cursor.take_while(_FRAME.match, limit=400)
        yield _compiled(message, code, arrow, notes)
    elif code is None:
        yield from _refused(message, cursor)


def _compiled(message: str, code: str | None, arrow: re.Match[str], notes: Sequence[str]) -> Failure:
    rule = _rule(notes) if code is None else None
    named = _SYMBOL.search(message)
    return Failure(
        "cargo",
        "config" if arrow["file"].endswith(".toml") else "lint" if rule else "compile",
        message,
        file=arrow["file"],
        line=int(arrow["line"]),
        col=int(arrow["col"]),
        symbol=named["name"] if named else None,
        code=code or rule,
        confidence=BLOCK,
    )


def _rule(notes: Sequence[str]) -> str | None:
    """The lint that was denied; clippy's own name for it, where a link tells."""
    clippy = next((match["rule"] for text in notes if (match := _CLIPPY.match(text))), None)
    if clippy:
        return f"clippy::{clippy}"
    named = [match for text in notes if (match := _RULE.match(text))]
    return next((name for match in named for name in match.groups() if name), None)


def _refused(message: str, cursor: Cursor) -> Iterator[Failure]:
    if _WRAPPERS.match(message):
        yield Failure("cargo", "command", f"error: {message}", confidence=WRAPPER)
    elif message.startswith("linking with `"):
        notes = cursor.take_while(_FRAME.match, limit=400)
        yield from _link_errors(message, notes)
    elif match := re.match(r"process didn't exit successfully: .*\((?:exit status|signal): (?P<signal>\d+)", message):
        kind: Kind = "oom" if match["signal"] == "9" else "crash"
        yield Failure("cargo", kind, message, confidence=SUMMARY if "signal" in message else WRAPPER)
    elif kind_found := next((kind for pattern, kind in _KINDS if pattern.match(message)), None):
        details = cursor.take_while(lambda text: text.startswith((" ", "Caused by")) or not text, limit=40)
        yield _own(message, kind_found, [text.strip() for text in details if text.strip()])


def _own(message: str, kind: Kind, details: Sequence[str]) -> Failure:
    """What cargo itself has to say, with its chain of causes."""
    said = " ".join([message, *details])
    place = re.search(r"(?P<file>\S*Cargo\.(?:toml|lock))(?::(?P<line>\d+))?", said.replace("`", " "))
    lock = re.search(r"lock file (?P<file>\S+)", message)
    line = re.search(r"--> (?:\S+Cargo\.toml):(?P<line>\d+)|TOML parse error at line (?P<toml>\d+)", said)
    named = re.search(r"`(?P<name>[\w-]+)", message)
    return Failure(
        "cargo",
        kind,
        "\n".join([f"error: {message}", *details[:6]]),
        file=lock["file"] if lock else place["file"] if place and kind == "config" else None,
        line=int(next(filter(None, line.groups()))) if line else None,
        symbol=named["name"] if named and kind in {"dependency", "packaging", "command"} else None,
        confidence=LINE,
        fixable_hint=Hint("command", "cargo update --workspace") if lock else None,
    )


def _link_errors(message: str, notes: Sequence[str]) -> Iterator[Failure]:
    told = (_UNDEFINED.search(text) for text in notes)
    found = list(dict.fromkeys(match[1].rstrip() for match in told if match))
    for text in found or [message]:
        yield Failure("cargo", "link", text, confidence=BLOCK)


def warning(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """Taken, so that nothing in it is read as something else."""
    del match
    if _ARROW.match(cursor.peek() or ""):
        cursor.take_while(_FRAME.match, limit=400)
    return iter(())


def short(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`path:line:col: error[E0308]: message`, with --message-format short."""
    del cursor
    yield Failure(
        "cargo",
        "compile",
        match["message"],
        file=match["file"],
        line=int(match["line"]),
        col=int(match["col"]),
        code=match["code"],
        confidence=LINE,
    )


def unformatted(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`Diff in path:1:`, older `Diff in path at line 1:`, and the diff."""
    diff = cursor.take_while(lambda text: text[:1] in {" ", "+", "-"}, limit=_LONGEST_BLOCK)
    yield Failure(
        "cargo",
        "format",
        match[0],
        file=match["file"],
        line=int(match["line"]),
        confidence=LINE,
        fixable_hint=Hint("patch", "\n".join(diff)) if diff else Hint("command", "cargo fmt"),
    )


FORMAT = Format(
    "cargo",
    starts={
        r"error(?:\[(?P<code>E\d{4})\])?: (?P<message>.+)": diagnostic,
        r"warning(?:\[\w+\])?: ": warning,
        PLACE + r":(?P<col>\d+): error(?:\[(?P<code>E\d{4})\]): (?P<message>.*)": short,
        r"Diff in (?P<file>.+?)(?::| at line )(?P<line>\d+):$": unformatted,
    },
)
