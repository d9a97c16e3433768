"""Making a git repository, for the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dspy_ci.errors import MissingError


def make(root: Path, commits: Sequence[tuple[str, Mapping[str, str]]]) -> None:
    """Make the folder a repository with one commit per message and files. Raises MissingError without git."""
    try:
        import git  # noqa: PLC0415 - GitPython costs a tenth of a second
    except ImportError as error:  # GitPython raises it when there is no git executable
        raise MissingError("git was not found", hint="install git and make sure that it is on PATH") from error
    repo = git.Repo.init(root)
    author = git.Actor("dspy-ci demo", "demo@localhost")
    for message, files in commits:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        repo.index.add(list(files))
        repo.index.commit(message, author=author, committer=author, skip_hooks=True)
    repo.close()
