"""What `dspy-ci hook fix` does: cure what one proved edit cures, in the files as they lie there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from dspy_ci.adapters.applying import apply
from dspy_ci.adapters.gittrees import GitTrees, Place, git, place
from dspy_ci.adapters.locks import lock
from dspy_ci.adapters.rufflint import RuffLint
from dspy_ci.commands.manners import mannerly
from dspy_ci.errors import ExitCode
from dspy_ci.patches.cures import cured
from dspy_ci.ports.trees import Patched
from dspy_ci.settings import load


def fix() -> int:
    """Cure, print what was done; the exit code that pre-commit expects."""
    return mannerly("fix", _fix)


def _fix() -> int:
    done = mend(place(Path.cwd()))
    sys.stdout.writelines(f"mended {path}: {what}\n" for path, what in done.items())
    return ExitCode.RED if done else ExitCode.SUCCESS


def mend(place: Place) -> Mapping[str, str]:
    """Write the cures into the working tree; by path, what was done. The index stays as it is.

    The files are judged as they lie there, so that edits that are not staged are neither lost nor staged.
    """
    excluded = load(place.root, os.environ).hook_exclude
    with lock(place.private / "dspy-ci"), GitTrees(place.root, cache=place.common / "dspy-ci") as index:
        dirty = _dirty(place)
        trees = Patched(index, dirty)
        found = cured(trees, excluded, RuffLint())
        before = {path: trees.read("after", path) for path in found}
        apply(place.root, before, {path: data for path, (data, _) in found.items()})
    return {path: what for path, (_, what) in found.items()}


def _dirty(place: Place) -> Mapping[str, bytes | None]:
    """Tracked files that differ from the index, as they lie there."""
    listed = git(place.root, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=all")
    paths = [path for path in listed.decode("utf-8", "surrogateescape").split("\0") if path]
    files = {path: place.root / path for path in paths if not (place.root / path).is_symlink()}
    return {path: file.read_bytes() if file.is_file() else None for path, file in files.items()}
