"""Files that were promoted into `.dspy-ci/`: of the user's own tree, in a pull request only those of its base."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dspy_ci.adapters.gittrees import git
from dspy_ci.errors import MissingError

FOLDER = ".dspy-ci"
_LARGEST = 1_000_000


def promoted(root: Path, name: str, environment: Mapping[str, str]) -> str | None:
    """The text of a promoted file; None when there is none.

    Where GITHUB_BASE_REF says that a pull request is built, its author has no say: the base branch's file counts.
    """
    base = environment.get("GITHUB_BASE_REF")
    data = _of_base(root, base, name) if base else _of_tree(root, name)
    return data.decode("utf-8", "replace") if data is not None and len(data) <= _LARGEST else None


def _of_tree(root: Path, name: str) -> bytes | None:
    try:
        path = root / FOLDER / name
        return path.read_bytes() if path.is_file() and path.stat().st_size <= _LARGEST else None
    except OSError:
        return None


def _of_base(root: Path, base: str, name: str) -> bytes | None:
    try:
        for branch in (f"refs/remotes/origin/{base}", f"refs/heads/{base}"):
            if data := git(root, "cat-file", "blob", f"{branch}:{FOLDER}/{name}", check=False):
                return data
    except MissingError:
        pass
    return None
