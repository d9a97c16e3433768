"""Npm: the block of `npm error` (newer) or `npm ERR!` (older) lines in which it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.failures.confidence import BLOCK, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_LINE = re.compile(r"npm (?:error|ERR!)(?: (?P<text>.*))?$")
_CODE = re.compile(r"(?:code|errno) (?P<code>[A-Z][A-Z0-9_]+)$")
_KINDS: dict[str, Kind] = {
    "E401": "permission", "E403": "permission", "ENEEDAUTH": "permission", "EACCES": "permission",
    "EPERM": "permission", "EOTP": "permission", "ENOSPC": "disk", "EJSONPARSE": "syntax", "ENOENT": "config",
    "EUSAGE": "usage", "ENOWORKSPACES": "usage", "EBADDEVENGINES": "config",
    "EPUBLISHCONFLICT": "packaging", "EMISSINGSCRIPT": "command",
    "E429": "network", "E500": "network", "E502": "network", "E503": "network", "E504": "network",
    "ECONNRESET": "network", "ECONNREFUSED": "network", "ETIMEDOUT": "network", "ENOTFOUND": "network",
    "EAI_AGAIN": "network", "ENETUNREACH": "network", "ERR_SOCKET_TIMEOUT": "network", "EHOSTUNREACH": "network",
    "ECONNABORTED": "network", "EPROTO": "network", "SELF_SIGNED_CERT_IN_CHAIN": "network", "EIDLETIMEOUT": "network",
}  # fmt: skip
_PACKAGE = re.compile(
    r"(?:404  '|404  The requested resource ')(?P<name>@?[^'@]+)"
    r"|No matching version found for (?P<target>@?[^@\s]+)"
    r"|peer (?P<peer>@?[^@\s]+)@"
)
_SCRIPT = re.compile(r"[Mm]issing script: \"?(?P<name>[^\"\s]+)")
_LOCK = re.compile(r"(?:Invalid|Missing): |.*package-lock\.json")
_JSON = re.compile(r"(?:path |.*while parsing.*'|.*[Ff]ailed to parse )(?P<file>\S*package(?:-lock)?\.json)")
_RESULT = re.compile(
    r"Exit status \d|Lifecycle script|Test failed\.|.*: `.*`$|command (?:failed|sh|bash|/bin|C:)|code \d+$"
)
_SCRIPT_BUILD = re.compile(r"path \S*[\\/]node_modules[\\/](?P<name>@[^\s\\/]+[\\/][^\s\\/]+|[^\s\\/]+)$")
_CHATTER = re.compile(r"$|A complete log|Run \"npm|.*[\\/]_logs[\\/]|Usage:|For a full report|To see a list of")
_LONGEST = 6


def block(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """All lines of one error; the code tells what it is about."""
    raw = [match.string, *cursor.take_while(_LINE.match, limit=5000)]
    said = [(found["text"] or "").rstrip() for text in raw if (found := _LINE.match(text))]
    code = next((found["code"] for text in said if (found := _CODE.match(text))), None)
    built = next((found["name"] for text in said if (found := _SCRIPT_BUILD.match(text))), None)
    if code in {None, "ELIFECYCLE"} and not built and any(map(_RESULT.match, said)):
        yield Failure("npm", "command", _message(raw, said), code=code, confidence=WRAPPER)
    elif any(not _CHATTER.match(text) for text in said):
        yield _failure(raw, said, code, built)


def _failure(raw: Sequence[str], said: Sequence[str], code: str | None, built: str | None) -> Failure:
    script = next((found["name"] for text in said if (found := _SCRIPT.match(text))), None)
    locked = code == "EUSAGE" and any(map(_LOCK.match, said))
    kind: Kind = _KINDS.get(code or "", "dependency")
    if script:
        kind = "command"
    elif built and code in {None, "ELIFECYCLE"}:
        kind = "packaging"
    elif locked:
        kind = "dependency"
    named = next((found for text in said if (found := _PACKAGE.match(text))), None)
    broken = next((found["file"] for text in said if (found := _JSON.match(text))), None) if kind == "syntax" else None
    return Failure(
        "npm",
        kind,
        _message(raw, said),
        file="package-lock.json" if locked else broken,
        symbol=script or built or (next(filter(None, named.groups()), None) if named else None),
        code=code,
        confidence=BLOCK,
        fixable_hint=Hint("command", "npm install") if locked else None,
    )


def _message(raw: Sequence[str], said: Sequence[str]) -> str:
    """The lines that tell, as printed."""
    telling = [line for line, text in zip(raw, said, strict=True) if not _CHATTER.match(text)]
    return "\n".join(telling[:_LONGEST])


FORMAT = Format("npm", starts={r"npm (?:error|ERR!)(?: |$)": block})
