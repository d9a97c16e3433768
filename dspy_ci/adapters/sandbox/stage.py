"""Where candidates are laid."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from dspy_ci.adapters.sandbox.gitfolder import git_folder, make_light
from dspy_ci.adapters.sandbox.tree import Tree, remove


class Stage(Protocol):
    """A place that shows the repository, takes a candidate, and is as before when it is cleared."""

    root: str
    scratch: str
    """Home and temporary files of what runs."""

    def lay(self, files: dict[str, bytes | None]) -> None:
        """Put a candidate's files there."""
        ...

    def clear(self) -> None:
        """Remove every trace of the candidate and its tests."""
        ...

    def close(self) -> None:
        """Remove the stage itself."""
        ...


class CopyStage:
    """A real copy on the fastest disk, with its own home and folder for temporary files."""

    def __init__(self, source: str, folder: str) -> None:
        self._folder = Path(folder)
        self.scratch = f"{folder}/scratch"
        self._tree = Tree(source, f"{folder}/{Path(source).name or 'copy'}", _add_git)
        self.root = self._tree.root
        Path(self.scratch).mkdir(mode=0o700)
        self._fresh_scratch()

    def _fresh_scratch(self) -> None:
        """Empty the folder without replacing it: a confined server has leave for this one, not for another."""
        Path(self.scratch).chmod(0o700)
        for entry in Path(self.scratch).iterdir():
            remove(str(entry))
        for name in ("home", "tmp"):
            Path(self.scratch, name).mkdir(mode=0o700)

    def lay(self, files: dict[str, bytes | None]) -> None:
        """See Stage."""
        self._tree.lay(files)

    def clear(self) -> None:
        """See Stage."""
        self._tree.clear()
        self._fresh_scratch()

    def close(self) -> None:
        """See Stage."""
        remove(str(self._folder))


def _add_git(source: str, root: str) -> None:
    """A light git folder, which borrows the original's objects."""
    folder = git_folder(source)
    if folder:
        make_light(folder, Path(root, ".git"), folder.common / "objects")
