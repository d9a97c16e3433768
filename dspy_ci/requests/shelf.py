"""Patches that were proved and wait for `apply`: in our own answers, and in the store where there is one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dspy_ci.ports.forge import Comment
from dspy_ci.requests.attempts import answers

_FENCED = re.compile(r"^(`{3,})diff\n(.*?\n)\1$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^Patch `([0-9a-f]{12})`: (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shelved:
    """A patch that was proved on a commit."""

    id: str
    diff: str
    sha: str
    """The commit."""
    told: str
    """What was said about it."""


def shelved(comments: Iterable[Comment], me: str | None) -> Iterator[Shelved]:
    """The patches in our own answers, oldest first; one that was altered no longer bears out its id and is left out."""
    for comment, attempt in answers(comments, me):
        told = dict(_NAMED.findall(comment.body))
        for _, diff in _FENCED.findall(comment.body):
            name = hashlib.sha256(diff.encode()).hexdigest()[:12]
            if name in told and attempt.sha:
                yield Shelved(name, diff, attempt.sha, told[name])
