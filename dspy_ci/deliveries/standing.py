"""What we said before on a pull request: what still holds, what people did not want, what is settled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from dspy_ci.errors import ForgeError
from dspy_ci.ports.forge import Comment, Talks, Thread
from dspy_ci.reports.marks import Memory, memory_of, outdated_mark, remark_key, remark_mark

_SETTLED = "_Outdated: this is not red any more, or not in this way._"


@dataclass(frozen=True, slots=True)
class Standing:
    """Our own words on a pull request; nobody else's count, whatever marks they bear."""

    summaries: tuple[Comment, ...]
    """Oldest first; more than one only after a race."""
    remarks: tuple[tuple[str, Comment], ...]
    """Key and comment at a line."""
    answered: frozenset[int]
    """Ids of comments that somebody has answered."""
    resolved: frozenset[str]
    """Keys whose thread a person has resolved."""

    @property
    def memory(self) -> Memory:
        """What the oldest summary remembers."""
        return next((known for one in self.summaries if (known := memory_of(one.body))), Memory())

    @property
    def keys(self) -> frozenset[str]:
        """Keys that stand at a line that still exists, or at a file."""
        return frozenset(key for key, comment in self.remarks if not _lost(comment))

    @property
    def dismissed(self) -> frozenset[str]:
        """Keys that people do not want: resolved, remembered as such, or taken away by hand."""
        gone = frozenset(self.memory.posted) - {key for key, _ in self.remarks}
        return self.resolved | frozenset(self.memory.dismissed) | gone


def author(me: str) -> Callable[[Comment], bool]:
    """Whether a comment is ours; an App may be told its name without the `[bot]` that only bots can bear."""

    def mine(comment: Comment) -> bool:
        login = comment.author.login
        return bool(me) and (login == me or (login == f"{me}[bot]" and comment.author.kind == "Bot"))

    return mine


def standing(
    mine: Callable[[Comment], bool],
    comments: Collection[Comment],
    at_lines: Collection[Comment],
    threads: Collection[Thread],
) -> Standing:
    """What stands there of us."""
    ours = [one for one in at_lines if mine(one)]
    remarks = tuple((key, one) for one in ours if (key := remark_key(one.body)) and not one.reply_to)
    closed = {number for thread in threads if thread.resolved for number in thread.comments}
    return Standing(
        tuple(one for one in comments if mine(one) and memory_of(one.body) is not None),
        remarks,
        frozenset(one.reply_to for one in at_lines if one.reply_to),
        frozenset(key for key, one in remarks if one.id in closed),
    )


def tidied(forge: Talks, old: Standing, keep: Collection[str]) -> Iterator[str]:
    """Take away what is settled; what was answered stays and says so. Yields the keys that are gone."""
    for key, comment in old.remarks:
        if key in keep and not _lost(comment):
            continue
        if key in old.resolved:
            continue
        try:
            if comment.id not in old.answered:
                forge.delete_comment(comment.id, talk="review")
                yield key
            else:
                rest = comment.body.removeprefix(remark_mark(key))
                forge.update_comment(comment.id, f"{outdated_mark(key)}\n{_SETTLED}\n{rest}", talk="review")
        except ForgeError:
            continue  # it stays as it is; the next run tries again


def _lost(comment: Comment) -> bool:
    """Whether the line that a comment was made at is no longer part of the diff."""
    return comment.outdated
