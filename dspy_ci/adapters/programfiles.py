"""Trained programs of a repository: from the working tree, or in CI from the base branch, never from a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dspy_ci.adapters.gittrees import git

_LARGEST = 1 << 20


def text(root: Path, path: str, environment: Mapping[str, str]) -> str | None:
    """The file of a program; None when there is none that may be trusted."""
    base = environment.get("GITHUB_BASE_REF")
    if not base:  # empty where a push is built
        return _own(root / path)
    for ref in (f"refs/remotes/origin/{base}", f"refs/heads/{base}"):
        if data := git(root, "cat-file", "blob", f"{ref}:{path}", check=False):
            return _decoded(data)
    return None


def _own(path: Path) -> str | None:
    try:
        return None if path.is_symlink() else _decoded(path.read_bytes())
    except OSError:
        return None


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode("utf-8") if len(data) <= _LARGEST else None
    except UnicodeDecodeError:
        return None
