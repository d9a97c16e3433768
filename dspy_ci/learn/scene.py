"""A case as `fix` would meet it: the red run, the suspects, and what a patch has to prove."""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

from dspy_ci import pipeline
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.learn.case import Case
from dspy_ci.learn.proposal import State, state
from dspy_ci.learn.proving import Bench
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.patches.patch import Patch
from dspy_ci.pipeline import Task
from dspy_ci.ports.history import History
from dspy_ci.ports.repo import Change
from dspy_ci.ports.sandbox import NOTHING, Command, Copy, Files, Outcome, TestReport, TestRun
from dspy_ci.search import Case as SearchCase
from dspy_ci.suspects.priors import Priors
from dspy_ci.suspects.rank import rank
from dspy_ci.verdicts.baseline import Baseline


@dataclass(slots=True)
class RedRepo:
    """The red tree of a case. See Repo for the contract."""

    history: History
    commit: str
    laid: Files
    """What differs from the commit's tree."""
    root: str

    def paths(self) -> tuple[str, ...]:
        """See Repo."""
        tree = self.history.tree(self.commit)
        kept = (path for path in tree if self.laid.get(path, b"") is not None)
        return tuple(sorted({*kept, *(path for path, data in self.laid.items() if data is not None)}))

    def read(self, path: str) -> bytes:
        """See Repo."""
        data = self.laid.get(path)
        return data if data is not None else self.history.read(self.history.tree(self.commit)[path])

    def head(self) -> str | None:
        """See Repo."""
        return self.commit

    def changes(self, depth: int) -> Sequence[Change]:
        """See Repo; none: a case must be found without knowing which commit brought it."""
        del depth
        return ()


@dataclass(slots=True)
class LaidCopy:
    """A copy that shows the red tree to whoever runs something in it. See Copy for the contract."""

    copy: Copy
    files: Files
    root: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    """A search and a judge may share it; the copy below serves one at a time."""

    def run(self, command: Command, files: Files = NOTHING) -> Outcome:
        """See Copy."""
        with self.lock:
            return self.copy.run(command, {**self.files, **files})

    def test(self, run: TestRun, files: Files = NOTHING) -> TestReport:
        """See Copy."""
        with self.lock:
            return self.copy.test(run, {**self.files, **files})

    def stale(self) -> tuple[str, ...]:
        """See Copy; the tree on disk is another one anyway."""
        return ()

    def __enter__(self) -> LaidCopy:
        return self

    def __exit__(self, *_: object) -> None:
        """The copy below belongs to somebody else."""


@dataclass(frozen=True)
class Scene:
    """One case, reproduced."""

    case: Case
    search: SearchCase
    measured: Callable[[], Baseline]
    copy: LaidCopy
    cure: Files
    """The files as the fix has them."""

    @cached_property
    def baseline(self) -> Baseline:
        """What is red and green for sure."""
        return self.measured()

    def with_priors(self, priors: Priors) -> SearchCase:
        """What the search is given when that was learnt."""
        evidence = replace(self.search.evidence, priors=priors)
        return replace(self.search, evidence=evidence, suspects=rank(evidence))

    def is_cure(self, patch: Patch) -> bool:
        """Whether the patch means the same as the fix that people made."""
        code = {path: data for path, data in self.cure.items() if path.endswith(".py")}
        whole = patch.base.with_files(patch.files)
        wanted = patch.base.with_files(code)
        changed = [path for path in {*code, *patch.files} if path.endswith(".py")]
        return all(_meaning(whole, path) == _meaning(wanted, path) for path in changed)


def _meaning(code: Snapshot, path: str) -> str:
    tree = code.tree(path)
    return ast.dump(tree) if tree else code.text(path) or ""


@contextmanager
def scene(case: Case, bench: Bench, copy: Copy) -> Iterator[Scene | None]:
    """The case on a copy; None when it is red no more."""
    trees = state(case.proposal, bench.history)
    repo = RedRepo(bench.history, case.proposal.base, laid(case, trees), bench.history.root)
    shown = LaidCopy(copy, trees.red, copy.root)
    run = bench.run if not case.tests else bench.narrowed(case.tests)
    task = Task("pytest", run, budget=60.0, wanted=frozenset(case.targets), clean=bench.clean)
    first = pipeline.reproduced(task, shown)
    red = first.red & task.wanted
    if not red:
        yield None
        return
    code = Snapshot(repo.paths(), repo.read)
    diagnosis = diagnose(pages_of([first.output.encode()]), checkouts=(repo.root, copy.root), clean=bench.clean)
    evidence = pipeline.gathered(task, repo, code, diagnosis, first=first, red=red, copy=shown)
    search = SearchCase(
        evidence, rank(evidence), task.run,
        seconds={name: result.seconds for name, result in first.results.items()},
        messages={name: first.results[name].message for name in red},
    )  # fmt: skip
    yield Scene(case, search, lambda: pipeline.baseline(task, first, shown), shown, trees.fix)


def laid(case: Case, trees: State) -> Files:
    """What the red tree has beside the base commit's tree."""
    named = {*case.proposal.tests, *case.proposal.paths} if case.proposal.planted else set(case.proposal.tests)
    return {path: data for path, data in trees.red.items() if path in named}
