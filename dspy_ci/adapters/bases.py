"""What a change is compared with: the commit that it left, and the tree as it lies there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dspy_ci.adapters.gittrees import GitTrees, git
from dspy_ci.errors import UsageError
from dspy_ci.ports.sandbox import Files
from dspy_ci.ports.trees import Patched, Trees

_TRUNKS = ("origin/HEAD", "origin/main", "origin/master", "upstream/HEAD", "upstream/main", "upstream/master", "main",
           "master", "@{upstream}")  # fmt: skip


def commit(root: Path, name: str) -> str:
    """The id of a commit. Raises UsageError when there is none of that name."""
    found = _commit(root, name)
    if found is None:
        raise UsageError(f"there is no commit {name!r}", hint="a shallow clone lacks older ones: git fetch --unshallow")
    return found


def base_of(root: Path, head: str | None, environment: Mapping[str, str]) -> str:
    """The commit that a head, or for None the working tree, is to be compared with.

    Where it left the trunk; on the trunk itself the commit before, for a working tree with edits HEAD. Raises
    UsageError when there is nothing to compare with.
    """
    tip = _commit(root, head or "HEAD")
    if tip is None:
        raise UsageError("there is no commit yet to compare with")
    target = environment.get("GITHUB_BASE_REF")
    for trunk in (f"origin/{target}", *_TRUNKS) if target else _TRUNKS:
        fork = _text(git(root, "merge-base", trunk, tip, check=False)) if _commit(root, trunk) else ""
        if fork and fork != tip:
            return fork
    if head is None and lying(root):
        return tip
    before = _commit(root, f"{tip}~1")
    if before is None:
        raise UsageError("there is only one commit, nothing to compare with", hint="name another one with --base")
    return before


def lying(root: Path) -> Files:
    """The files that lie in the working tree otherwise than in the index; None for those that are gone."""
    listed = git(root, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=all")
    untracked = git(root, "ls-files", "-oz", "--exclude-standard")
    names = {os.fsdecode(name) for name in (*listed.split(b"\0"), *untracked.split(b"\0")) if name}
    paths = {name: root / name for name in sorted(names) if not (root / name).is_symlink()}
    return {name: path.read_bytes() if path.is_file() else None for name, path in paths.items() if not path.is_dir()}


def compared(root: Path, trees: GitTrees, head: str | None) -> Trees:
    """The trees themselves, or for a head of None the working tree over them."""
    return trees if head else Patched(trees, lying(root))


def fork_of(root: Path, base: str, head: str = "HEAD") -> str | None:
    """Where a head left another branch; None when the history that is here does not tell."""
    if not _commit(root, base) or not _commit(root, head):
        return None
    return _text(git(root, "merge-base", base, head, check=False)) or None


def lineage(root: Path) -> tuple[str, ...]:
    """The commit that is checked out, and its parents, whether they are here or not."""
    head = _text(git(root, "rev-parse", "HEAD"))
    lines = _text(git(root, "cat-file", "-p", "HEAD")).split("\n\n", 1)[0].splitlines()
    return (head, *(line.removeprefix("parent ") for line in lines if line.startswith("parent ")))


def file_at(root: Path, name: str, path: str) -> bytes:
    """A file as a commit has it; empty when it has none."""
    return b"" if name.startswith("-") else git(root, "cat-file", "blob", f"{name}:{path}", check=False)


def tree_id(root: Path, name: str) -> str:
    """The id of a commit's tree."""
    return _text(git(root, "rev-parse", f"{name}^{{tree}}"))


def _commit(root: Path, name: str) -> str | None:
    if not name or name.startswith("-"):
        return None
    return _text(git(root, "rev-parse", "-q", "--verify", f"{name}^{{commit}}", check=False)) or None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").strip()
