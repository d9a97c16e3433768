"""The pull request that a branch would make, for a dry run without a forge: its diff since it left the trunk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from dspy_ci.adapters.bases import base_of
from dspy_ci.adapters.gittrees import git
from dspy_ci.errors import UsageError
from dspy_ci.ports.drafts import State
from dspy_ci.ports.forge import ChangedFile, PullRequest, User

NUMBER = 1
REPOSITORY = "local/repository"
_KINDS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_LARGEST = 4_000_000


def local_pull(root: Path, head: str) -> State:
    """A state with one pull request; without a base to compare with it changes nothing."""
    try:
        base = base_of(root, head, os.environ)
    except UsageError:
        base = head
    pull = PullRequest(NUMBER, "", User("you"), head, "here", REPOSITORY, base, "trunk", REPOSITORY)
    return State(pulls={NUMBER: pull}, files={NUMBER: tuple(_files(root, base, head))})


def _files(root: Path, base: str, head: str) -> Iterator[ChangedFile]:
    common = ("--no-ext-diff", "--no-textconv", "--no-color", "-M", base, head)
    listed = git(root, "diff", "--name-status", "-z", *common).decode("utf-8", "surrogateescape").split("\0")
    parts = iter(listed)
    for kind in parts:
        if not kind:
            return
        old = next(parts)
        path = next(parts) if kind[0] in "RC" else old
        hunks = _patch(root, base, head, (old, path))
        yield ChangedFile(path, _KINDS.get(kind[0], "changed"), hunks, old if old != path else None)


def _patch(root: Path, base: str, head: str, paths: tuple[str, str]) -> str | None:
    """The hunks alone, as a forge shows them."""
    diff = git(root, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "-M", base, head, "--", *paths)
    if len(diff) > _LARGEST:
        return None
    start = re.search(rb"^@@ ", diff, re.MULTILINE)
    return diff[start.start() :].decode("utf-8", "replace").removesuffix("\n") if start else None
