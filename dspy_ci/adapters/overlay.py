"""A sandbox whose copies hold another tree than the one on disk: the pushed one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from dspy_ci.adapters.gittrees import GitTrees, git
from dspy_ci.ports.sandbox import NOTHING, Command, Copy, Files, Guarantees, Outcome, Sandbox, TestReport, TestRun


def differences(root: Path, commit: str, trees: GitTrees) -> Files:
    """What must be laid over the working tree to make it the commit's tree: no edits, no untracked files.

    Ignored files stay: environments and build products are what the tests need.
    """
    wanted = frozenset(trees.paths("after"))
    listed = git(root, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=all", commit)
    dirty = set(_paths(listed)) | set(_paths(git(root, "ls-files", "-oz", "--exclude-standard")))
    dirty |= {path for path in wanted if not (root / path).exists()}
    return {path: trees.read("after", path) if path in wanted else None for path in sorted(dirty)}


@dataclass(frozen=True, slots=True)
class Overlaid:
    """See Sandbox; every run of every copy sees the files."""

    sandbox: Sandbox
    files: Files

    @property
    def guarantees(self) -> Guarantees:
        """Those of the sandbox below."""
        return self.sandbox.guarantees

    def open(self) -> Copy:
        """See Sandbox."""
        copy = self.sandbox.open()
        return _Copy(copy, self.files, copy.root)


@dataclass(slots=True)
class _Copy:
    copy: Copy
    files: Files
    root: str

    def run(self, command: Command, files: Files = NOTHING) -> Outcome:
        return self.copy.run(command, {**self.files, **files})

    def test(self, run: TestRun, files: Files = NOTHING) -> TestReport:
        return self.copy.test(run, {**self.files, **files})

    def stale(self) -> tuple[str, ...]:
        return tuple(path for path in self.copy.stale() if path not in self.files)

    def __enter__(self) -> Copy:
        self.copy.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.copy.__exit__(kind, error, trace)


def _paths(listed: bytes) -> list[str]:
    return [path for path in listed.decode("utf-8", "surrogateescape").split("\0") if path]
