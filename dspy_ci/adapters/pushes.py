"""What is about to be pushed: told by git, by pre-commit, or found out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dspy_ci.adapters.gitrepo import added_lines
from dspy_ci.adapters.gittrees import GitTrees, git
from dspy_ci.ports.repo import Change

_TRUNKS = ("@{upstream}", "origin/HEAD", "origin/main", "origin/master", "upstream/HEAD")
_LONGEST_DIFF = 4_000_000


@dataclass(frozen=True, slots=True)
class Push:
    """A commit that goes out, and what the other side has already."""

    base: str | None
    """None when the other side has nothing of it."""
    head: str


def pushes(root: Path, lines: Iterable[str], environment: Mapping[str, str]) -> tuple[Push, ...]:
    """The pushes, each commit once: from the lines that git gives its hook, from pre-commit, or HEAD as it stands."""
    if environment.get("PRE_COMMIT_TO_REF"):
        asked = [(environment["PRE_COMMIT_TO_REF"], environment.get("PRE_COMMIT_FROM_REF", ""))]
    else:
        asked = [(parts[1], parts[3]) for line in lines if len(parts := line.split()) == 4] or [("HEAD", "")]
    found = {}
    for local, remote in asked:
        head = _commit(root, local)
        if head:
            found[head] = Push(_commit(root, remote) or _fork(root, head), head)
    return tuple(found.values())


def _commit(root: Path, name: str) -> str | None:
    """The id of a commit that we have; nothing for a deleted branch, which is all zeros."""
    if not name.strip("0"):
        return None
    return git(root, "rev-parse", "-q", "--verify", f"{name}^{{commit}}", check=False).decode().strip() or None


def _fork(root: Path, head: str) -> str | None:
    """Where the commit left what the other side is known to have."""
    for trunk in _TRUNKS:
        base = git(root, "merge-base", trunk, head, check=False).decode().strip() if _commit(root, trunk) else ""
        if base and base != head:
            return base
    return _commit(root, f"{head}~1")


@dataclass(slots=True)
class PushedRepo:
    """The repository as the other side will have it. See Repo for the contract."""

    root: str
    push: Push
    trees: GitTrees

    def paths(self) -> tuple[str, ...]:
        """See Repo."""
        return self.trees.paths("after")

    def read(self, path: str) -> bytes:
        """See Repo."""
        return self.trees.read("after", path)

    def head(self) -> str | None:
        """See Repo."""
        return self.push.head

    def changes(self, depth: int) -> tuple[Change, ...]:
        """See Repo; the push as a whole is the newest change."""
        del depth
        return tuple(self._changes())

    def _changes(self) -> Iterator[Change]:
        if self.push.base is None:
            return
        diff = git(Path(self.root), "diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
                   "--ignore-submodules=all", self.push.base, self.push.head)  # fmt: skip
        if len(diff) <= _LONGEST_DIFF:
            for path, lines in added_lines(diff.decode("utf-8", "surrogateescape")):
                yield Change(path, frozenset(lines), 0)
