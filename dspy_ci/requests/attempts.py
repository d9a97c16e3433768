"""What we have answered so far: a hidden mark in each of our own answers is the memory, and no one else's counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dspy_ci.ports.forge import Comment, User

_MARK = re.compile(
    r"\A<!-- dspy-ci:answer:1 comment=(\d+) verb=([a-z]*) sha=([0-9a-f]*) day=([\d-]*) spent=([01]) "
    r"key=([0-9a-z*-]*) -->"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer of ours, and what it was about."""

    comment: int
    """The id of the comment that we answered."""
    verb: str = ""
    sha: str = ""
    day: str = ""
    spent: bool = False
    """Whether it counts against the limits."""
    key: str = ""
    """What the verb left behind: for `apply` the patch, for a refusal to whom and why."""

    @property
    def mark(self) -> str:
        """What stands, hidden, at the head of the answer."""
        return (
            f"<!-- dspy-ci:answer:1 comment={self.comment} verb={self.verb} sha={self.sha} day={self.day} "
            f"spent={int(self.spent)} key={self.key} -->"
        )


def is_us(author: User, me: str | None) -> bool:
    """Whether an author is us; an App may be told its name without the `[bot]` that only bots can bear."""
    return bool(me) and (author.login == me or (author.login == f"{me}[bot]" and author.kind == "Bot"))


def answers(comments: Iterable[Comment], me: str | None) -> Iterator[tuple[Comment, Attempt]]:
    """Our answers among the comments. A mark in a comment of anybody else is just text."""
    for comment in comments:
        if is_us(comment.author, me) and (match := _MARK.match(comment.body)):
            number, verb, sha, day, spent, key = match.groups()
            yield comment, Attempt(int(number), verb, sha, day, spent == "1", key)
