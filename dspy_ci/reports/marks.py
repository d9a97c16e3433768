"""Hidden marks in our comments: what a comment is about, and what we remember of a pull request.

A mark means something only in a comment whose author is us; who asks must check that first.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass, replace

from dspy_ci.reports.strict import Unfit, checked

_REMARK = re.compile(r"<!-- dspy-ci:(remark|outdated):1 ([0-9a-f]{16}) -->")
_SUMMARY = re.compile(r"<!-- dspy-ci:summary:1 ([A-Za-z0-9_=-]{2,20000}) -->")
_KEPT = 300


@dataclass(frozen=True, slots=True)
class Memory:
    """What we remember of a pull request, in the one comment that is edited in place."""

    digest: str = ""
    """Of what the comment says."""
    posted: tuple[str, ...] = ()
    """Keys of comments at lines that we made; one that is gone was taken away by a person."""
    dismissed: tuple[str, ...] = ()
    """Keys that people do not want to see again."""
    noted: str = ""
    """The commit that has our annotations."""

    def dismissing(self, *keys: str) -> Memory:
        """With keys that shall not be posted again."""
        return replace(self, dismissed=tuple(dict.fromkeys((*self.dismissed, *keys)))[-_KEPT:])


def remark_mark(key: str) -> str:
    """The mark of a comment at a line."""
    return f"<!-- dspy-ci:remark:1 {key} -->"


def outdated_mark(key: str) -> str:
    """The mark of a comment at a line whose matter is settled."""
    return f"<!-- dspy-ci:outdated:1 {key} -->"


def remark_key(body: str) -> str | None:
    """The key of one of our comments at a line; None for any other text and for settled ones."""
    match = _REMARK.match(body)
    return match[2] if match and match[1] == "remark" else None


def settled_key(body: str) -> str | None:
    """The key of a comment at a line that we have marked as settled."""
    match = _REMARK.match(body)
    return match[2] if match and match[1] == "outdated" else None


def summary_mark(memory: Memory) -> str:
    """The mark of the one comment that is edited in place."""
    told = json.dumps(asdict(memory), separators=(",", ":")).encode()
    return f"<!-- dspy-ci:summary:1 {base64.urlsafe_b64encode(told).decode()} -->"


def memory_of(body: str) -> Memory | None:
    """What the comment remembers; None when it has no such mark. What cannot be read is forgotten."""
    match = _SUMMARY.match(body)
    if not match:
        return None
    try:
        told = json.loads(base64.urlsafe_b64decode(match[1]))
        memory: Memory = checked(Memory, told, "")
    except (ValueError, binascii.Error, Unfit, RecursionError):
        return Memory()
    return memory
