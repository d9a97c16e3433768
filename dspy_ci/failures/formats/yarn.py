"""Yarn: `error ...` of the classic one, `YN0028` codes of the modern one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.confidence import LINE, WRAPPER
from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure, Hint, Kind
from dspy_ci.failures.finding import Finding
from dspy_ci.failures.format import Format

_NETWORK = re.compile(
    r".*(?:ESOCKETTIMEDOUT|ETIMEDOUT|ECONN|ENOTFOUND|EAI_AGAIN|[Nn]etwork|socket|Request ?Error|HTTPError|50[0-4])"
)
_LOCK = re.compile(r".*lockfile (?:needs to be updated|would have been)")
_NAME = re.compile(
    r".*?(?:Command|package|versions for|script named) \"(?P<name>[^\"]+)\"|(?P<package>@?[^@\s]+)@\S+: "
)
_CODES: dict[str, Kind] = {
    "0001": "dependency", "0009": "packaging", "0016": "dependency", "0018": "dependency", "0027": "dependency",
    "0028": "dependency", "0035": "dependency", "0041": "permission", "0082": "dependency", "0091": "config",
}  # fmt: skip
"""Codes that fail an install; the others are told by colour only, and mostly warn."""


def classic(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """What yarn 1 says after `error `."""
    del cursor
    message = match["message"]
    kind: Kind = "dependency"
    if _NETWORK.match(message):
        kind = "network"
    elif message.startswith(('Command "', "Couldn't find the binary")):
        kind = "command"
    yield _failure(kind, message)


def modern(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """`➤ YN0028: │ message` of yarn 2 and later."""
    del cursor
    kind = _CODES.get(match["code"])
    if kind and not match["message"].startswith(("+", "-", "@")):
        kind = "network" if _NETWORK.match(match["message"]) else kind
        yield _failure(kind, match["message"], f"YN{match['code']}")


def usage(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A script that does not exist, a project that was not installed."""
    del cursor
    yield _failure("command" if "script named" in match["message"] else "usage", match["message"])


def script(match: re.Match[str], cursor: Cursor) -> Iterator[Finding]:
    """A script failed: what it printed above tells why."""
    del cursor
    yield Failure("yarn", "command", match[0], confidence=WRAPPER)


def _failure(kind: Kind, message: str, code: str | None = None) -> Failure:
    named = _NAME.match(message)
    locked = bool(_LOCK.match(message))
    return Failure(
        "yarn",
        kind,
        message,
        file="yarn.lock" if locked else None,
        symbol=next(filter(None, named.groups()), None) if named else None,
        code=code,
        confidence=LINE,
        fixable_hint=Hint("command", "yarn install") if locked else None,
    )


FORMAT = Format(
    "yarn",
    starts={
        r"error (?P<message>(?:An unexpected error occurred: |Couldn't find |Your lockfile needs |"
        r"Command \"|Found incompatible|"
        r"Incorrect integrity|\S+@\S+: The engine |Received malformed|https?://).*)": classic,
        r"(?:➤ )?YN(?P<code>\d{4}): (?:│ )?(?P<message>.*)": modern,
        r"(?:Usage|Internal) Error: (?P<message>.*)": usage,
        r"error Command failed with (?:exit code|signal) ": script,
    },
)
