"""The repository through GitPython, read-only: no hook, no lock, no program that its configuration names."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dspy_ci.errors import MissingError, UsageError
from dspy_ci.ports.repo import Change

if TYPE_CHECKING:
    import git

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_CONFIG = {
    "safe.directory": "*",  # container jobs check out as another user; we run nothing of what the repository configures
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.quotePath": "false",
}
_LONGEST_DIFF = 4_000_000
"""Characters; a larger diff says nothing about where to look."""


class GitRepo:
    """A git working tree. See the port for the contract."""

    def __init__(self, folder: Path) -> None:
        """Find the working tree around the folder. Raises UsageError outside git, MissingError without git."""
        try:
            import git  # noqa: PLC0415 - GitPython costs a tenth of a second
        except ImportError as error:  # GitPython raises it when there is no git executable
            raise MissingError("git was not found", hint="install git and make sure that it is on PATH") from error
        try:
            self._git: git.Repo = git.Repo(folder, search_parent_directories=True)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError):
            raise UsageError(
                f"not a git repository: {folder}", hint="go to your project, or make it one with `git init`"
            ) from None
        if self._git.working_tree_dir is None:
            raise UsageError(f"a bare repository has no files to mend: {folder}", hint="run it in a clone")
        self.root = str(self._git.working_tree_dir)
        config = {f"GIT_CONFIG_{part}_{i}": text for i, pair in enumerate(_CONFIG.items()) for part, text in
                  zip(("KEY", "VALUE"), pair, strict=True)}  # fmt: skip
        self._git.git.update_environment(GIT_OPTIONAL_LOCKS="0", GIT_CONFIG_COUNT=str(len(_CONFIG)), **config)

    def paths(self) -> tuple[str, ...]:
        """See Repo; submodules and files that were deleted but not staged are left out."""
        listed = self._git.git.ls_files("-coz", "--exclude-standard", "--deduplicate")
        root = Path(self.root)
        return tuple(sorted(path for path in listed.split("\0") if path and (root / path).is_file()))

    def read(self, path: str) -> bytes:
        """See Repo."""
        return (Path(self.root) / path).read_bytes()

    def head(self) -> str | None:
        """See Repo."""
        import git  # noqa: PLC0415 - loaded already

        try:
            return str(self._git.head.commit.hexsha)
        except (ValueError, git.GitCommandError):
            return None

    def changes(self, depth: int) -> Sequence[Change]:
        """See Repo; a line carries the age at which it became what it is now."""
        known: defaultdict[str, set[int]] = defaultdict(set)
        found: list[Change] = []
        for age in range(depth + 1):
            diff = self._diff(f"HEAD~{age}")
            if diff is None:
                break
            for path, lines in added_lines(diff):
                fresh = lines - known[path]
                known[path] |= lines
                if fresh:
                    found.append(Change(path, frozenset(fresh), age))
        return found

    def _diff(self, base: str) -> str | None:
        import git  # noqa: PLC0415 - loaded already

        try:
            text: str = self._git.git.diff(
                "-U0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules", base, "--"
            )
        except (git.GitCommandError, UnicodeDecodeError):
            return None
        return text if len(text) <= _LONGEST_DIFF else None


def added_lines(diff: str) -> Iterator[tuple[str, set[int]]]:
    """Path and added line numbers of each file of a diff without context."""
    path, lines = "", set[int]()
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            if path and lines:
                yield path, lines
            path, lines = "", set()
        elif line.startswith("+++ b/") and not lines:
            path = line[6:].rstrip("\t")
        elif match := _HUNK.match(line):
            first, count = int(match[1]), int(match[2] or 1)
            lines.update(range(first, first + count))
    if path and lines:
        yield path, lines
