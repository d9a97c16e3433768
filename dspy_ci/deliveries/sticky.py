"""The one comment of a pull request that is edited in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dspy_ci.deliveries.standing import Standing
from dspy_ci.errors import NotFound, Unreachable
from dspy_ci.ports.forge import Comment, Talks
from dspy_ci.reports.marks import Memory, summary_mark


@dataclass(frozen=True, slots=True)
class Sticky:
    """Where our summary stands, if it does."""

    forge: Talks
    number: int
    mine: Callable[[Comment], bool]
    old: Standing

    def put(self, memory: Memory, body: str, first: Comment | None = None) -> Comment:
        """Edit the comment, or make it when there is none; what a race has doubled is taken away.

        `first` is one that was just made.
        """
        text = f"{summary_mark(memory)}\n{body}"
        known, *doubled = self.old.summaries or (first,)
        put = self._edited(known, text) if known else self._created(text)
        for extra in doubled:
            if extra:
                self.forge.delete_comment(extra.id)
        return put

    def _edited(self, known: Comment, text: str) -> Comment:
        try:
            return self.forge.update_comment(known.id, text)
        except NotFound:  # somebody has just taken it away
            return self._created(text)

    def _created(self, text: str) -> Comment:
        """A new comment, and never a second one: an answer that got lost is looked for before anything is repeated."""
        try:
            return self.forge.create_comment(self.number, text)
        except Unreachable:
            there = [one for one in self.forge.comments(self.number) if one.body.strip() == text.strip()]
            return there[-1] if there else self.forge.create_comment(self.number, text)
