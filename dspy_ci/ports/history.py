"""The commits of a repository, and the trees that they left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dspy_ci.ports.sandbox import Files


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit and what it was made upon; of a merge, the branch that took it in."""

    id: str
    parent: str
    time: int
    """Seconds since 1970, as its committer's clock said."""
    subject: str
    body: str = ""


class History(Protocol):
    """What happened to a repository. Nothing here writes."""

    root: str

    def head(self) -> str:
        """The commit that is checked out. Raises UsageError before the first one."""
        ...

    def commits(self, limit: int) -> Sequence[Commit]:
        """The newest ones first; merges and the first commit are left out."""
        ...

    def commit(self, name: str) -> Commit | None:
        """A commit by its whole name; None when it is not here, or the first one of all."""
        ...

    def held(self, names: Collection[str]) -> frozenset[str]:
        """Those of the commits, by their whole names, that are here."""
        ...

    def changed(self, commit: Commit) -> Files:
        """What it did to its parent's regular files; OSError when one of them is too large to be judged."""
        ...

    def tree(self, commit: str) -> Mapping[str, str]:
        """Path to blob id of a commit's regular files."""
        ...

    def read(self, blob: str) -> bytes:
        """The bytes of a blob; OSError when it is missing or too large."""
        ...

    def overlay(self, commit: str) -> Files:
        """What must be laid over the working tree to make it the commit's tree; ignored files stay."""
        ...
