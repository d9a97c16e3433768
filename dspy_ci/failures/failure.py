"""What went wrong, as a record."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "test", "type", "lint", "format", "syntax", "import", "collection", "fixture", "dependency", "packaging", "compile",
    "config", "usage", "command", "coverage", "docs", "crash", "timeout", "oom", "disk", "network", "permission", "git",
    "infra", "flaky", "cancelled", "security", "link",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

_VOLATILE = re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-f]{7,40}\b|\d+|(?:/[\w.@+-]+)+/?|[A-Za-z]:\\[\w\\.@+-]+")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a traceback."""

    file: str
    """Repository-relative where it lies in the repository, else as printed."""
    line: int | None
    function: str | None = None
    in_repo: bool = True


@dataclass(frozen=True, slots=True)
class Hint:
    """A cure that the log itself contains."""

    kind: Literal["patch", "command"]
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong, said once."""

    tool: str
    kind: Kind
    message: str
    file: str | None = None
    """Repository-relative, with forward slashes."""
    line: int | None = None
    """1-based."""
    col: int | None = None
    """1-based."""
    end_line: int | None = None
    symbol: str | None = None
    """The missing or wrong name: module, package, fixture, variable."""
    code: str | None = None
    """The rule or error id of the tool."""
    test_id: str | None = None
    exception: str | None = None
    frames: tuple[Frame, ...] = ()
    """Outermost first, as Python prints them."""
    step: str | None = None
    job: str | None = None
    log_span: tuple[int, int] | None = None
    """First and last line in the log, 1-based, both included."""
    confidence: float = 0.9
    fixable_hint: Hint | None = None
    suppressed_by: str | None = None
    """Fingerprint of the failure that explains this one; marked, never dropped."""

    @property
    def fingerprint(self) -> str:
        """Sha1 of tool, kind, code, message without volatile parts, top frame in the repository; no line numbers."""
        top = next((frame for frame in reversed(self.frames) if frame.in_repo), None)
        place = f"{top.file}:{top.function}" if top else (self.file or "")
        message = _VOLATILE.sub("#", self.message)
        parts = (self.tool, self.kind, self.code or "", message, place)
        return hashlib.sha1("|".join(parts).encode(errors="replace"), usedforsecurity=False).hexdigest()
