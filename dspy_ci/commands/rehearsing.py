"""A forge that is read and not written: what would be posted is kept."""

from __future__ import annotations

from typing import Any, cast

from dspy_ci.ports.drafts import Drafts, snapshot
from dspy_ci.ports.forge import Forge

_KEPT = frozenset({
    "comments", "review_comments", "threads", "create_comment", "update_comment", "delete_comment", "create_review",
    "create_remark", "reply", "react", "create_check", "push", "create_branch", "open_pull", "rerun_failed",
})  # fmt: skip
"""What is said and done, and what was said before; the rest is asked of the real forge."""


class Rehearsal:
    """One pull request of a real forge, with drafts in the place of posts."""

    def __init__(self, forge: Forge, number: int) -> None:
        """Read what stands there now."""
        state = snapshot(forge, number)
        pull = state.pulls[number]
        state.branches[pull.head_ref] = pull.head_sha
        self._forge = forge
        self.drafts = Drafts(state, me=forge.identity())

    def __getattr__(self, name: str) -> Any:
        """The verb of the drafts or of the real forge."""
        return getattr(self.drafts if name in _KEPT else self._forge, name)

    @property
    def forge(self) -> Forge:
        """Itself, as what it stands in for."""
        return cast("Forge", self)
