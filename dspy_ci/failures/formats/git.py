"""Git: conflicts, patches that do not apply, refs that do not exist, remotes that refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import BLOCK, LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_RULES: tuple[tuple[str, Kind], ...] = (
    (r".*(?:returned error: 40[13]|Authentication failed|could not read (?:Username|Password))", "permission"),
    (r".*(?:[Pp]ermission|publickey|key verification)", "permission"),
    (r".*(?:Could not resolve host|timed out|Connection re|early EOF|RPC failed|hung up|Failed to connect)", "network"),
    (r".*(?:returned error: 5\d\d|TLS|SSL|unexpected disconnect|Operation too slow)", "network"),
    (r".*No space left", "disk"),
    (r".*[Oo]ut of memory", "oom"),
)
_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in _RULES)
_AFTERMATH = re.compile(
    r"fatal: (?:Could not read from remote|unable to access .*40[13]|the remote end hung up|early EOF|unpack-objects"
    r"|fetch-pack: |index-pack failed|protocol error)|error: failed to push|Please make sure|and the repository exists"
    r"|error: .*: patch does not apply|$|hint: "
)


def conflict(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`CONFLICT (content): Merge conflict in path`, and its relatives."""
    del cursor
    yield Failure("git", "git", match[0], file=match["file"] or match["other"], confidence=LINE)


def patch(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error: patch failed: path:1`, and on the next line the same without a line number."""
    if (cursor.peek() or "").startswith(f"error: {match['file']}: patch does not apply"):
        cursor.take()
    yield Failure("git", "git", match[0], file=match["file"], line=int(match["line"]), confidence=BLOCK)


def no_patch(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error: path: patch does not apply`, or a file that is not in the index."""
    del cursor
    yield Failure("git", "git", match[0], file=match["file"], confidence=LINE)


def error(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`error: ...` and `fatal: ...`; what follows from them is taken along."""
    said = [match["message"], *cursor.take_while(_AFTERMATH.match, limit=12)]
    yield Failure("git", _kind(" ".join(said)), match[0], symbol=_symbol(match["message"]), confidence=LINE)


def refused(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`remote: Permission to x denied`, rejected pushes, keys that are not accepted."""
    cursor.take_while(_AFTERMATH.match, limit=12)
    kind: Kind = (
        "permission" if re.search(r"denied|ermission|publickey|key verification|not found", match[0]) else "git"
    )
    yield Failure("git", kind, match["message"], confidence=LINE)


def aftermath(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """What git says after the cause was told."""
    del cursor
    yield Failure("git", _kind(match[0]), match[0], confidence=WRAPPER)


def _kind(text: str) -> Kind:
    return next((kind for pattern, kind in _KINDS if pattern.match(text)), "git")


def _symbol(message: str) -> str | None:
    named = re.search(
        r"pathspec '([^']+)'|remote ref (\S+)|reference is not a tree: (\S+)|ambiguous argument '([^']+)'", message
    )
    return next(filter(None, named.groups()), None) if named else None


_ERRORS = (
    r"pathspec '|Your local changes |The following untracked|cannot lock ref |RPC failed"
    r"|unable to write"
    r"|src refspec |object file |insufficient permission|commit is not possible|Server does not allow|corrupt patch"
)
FORMAT = Format(
    "git",
    starts={
        r"CONFLICT \([^)]*\): (?:Merge conflict in (?P<file>.+)|(?P<other>\S+) .*)$": conflict,
        r"error: patch failed: (?P<file>.+):(?P<line>\d+)$": patch,
        r"error: (?P<file>\S+): (?:patch does not apply|does not exist in index|already exists in"
        r"|No such file or dir)": no_patch,
        rf"error: (?P<message>(?:{_ERRORS}).*)": error,
        r"(?:fatal: Could not read from remote|error: failed to push|error: could not apply )": aftermath,
        r"fatal: (?P<message>\S.*)": error,
        r"(?:remote: |ERROR: )(?P<message>(?:Permission to |Repository not found|error: GH\d+|error: File "
        r"|Write access).*)": refused,
        r"(?P<message>(?:\S+: )?Permission denied \([^)]*publickey.*)": refused,
        r"(?P<message>Host key verification failed\.)": refused,
        r" (?P<message>! \[(?:remote )?rejected\] .*)": refused,
    },
)
