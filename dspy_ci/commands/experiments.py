"""What `triage` and `culprit` share: a base, a change, a trial, and a laboratory to run them in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dspy_ci import settings
from dspy_ci.adapters import bases, testcommands
from dspy_ci.adapters.crash import cache_home
from dspy_ci.adapters.gittrees import GitTrees, place
from dspy_ci.adapters.overlay import Overlaid, differences
from dspy_ci.adapters.runmemory import RunMemory
from dspy_ci.adapters.sandbox.choice import chosen
from dspy_ci.causes.hunk import FileChange, changes
from dspy_ci.causes.laboratory import Laboratory
from dspy_ci.errors import UsageError
from dspy_ci.ports.memory import MemoryMemory
from dspy_ci.ports.sandbox import Command, Guarantees, TestRun
from dspy_ci.ports.testcommand import TestCommand
from dspy_ci.ports.trees import Trees
from dspy_ci.ports.trial import CommandTrial, Trial
from dspy_ci.settings import Settings

_MOST_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Experiment:
    """All that is needed to try parts of a change."""

    root: Path
    base: str
    head: str | None
    """None for the working tree."""
    changes: tuple[FileChange, ...]
    left_out: int
    """How many changed files are too large to be laid."""
    command: TestCommand
    trial: Trial
    lab: Laboratory
    guarantees: Guarantees
    workers: int
    modules: frozenset[str]
    """The names of the project's own modules."""


@contextmanager
def experiment(
    folder: Path, *, base: str | None, head: str | None, fresh: bool, **options: object
) -> Iterator[Experiment]:
    """Choose the adapters. Raises UsageError when there is nothing to compare."""
    root = place(folder).root
    picked = settings.load(root, os.environ, **options)
    tip = bases.commit(root, head) if head else None
    old = bases.commit(root, base) if base else bases.base_of(root, tip, os.environ)
    command = testcommands.find(root, os.environ, picked.test_cmd)
    sandbox = chosen(str(root), picked.sandbox)
    with ExitStack() as stack:
        trees = stack.enter_context(GitTrees(root, old, tip))
        compared = bases.compared(root, trees, tip)
        found, moves = changes(compared), compared.moves()
        then = stack.enter_context(GitTrees(root, None, old))
        overlaid = Overlaid(sandbox, differences(root, old, then))
        memory = MemoryMemory() if fresh else RunMemory(cache_home() / "runs")
        lab = Laboratory(
            overlaid, f"{bases.tree_id(root, old)} {_surroundings(command)}", time.monotonic() + picked.budget, memory
        )
        stack.enter_context(lab)
        yield Experiment(
            root, old, tip, found, len(moves) - len(found), command, _trial(command, picked), lab, sandbox.guarantees,
            min(picked.workers or cores(), _MOST_WORKERS), _modules(compared),
        )  # fmt: skip
        if isinstance(memory, RunMemory):
            memory.tidy()


def _modules(trees: Trees) -> frozenset[str]:
    """Whatever a file or folder of the project could be imported as."""
    paths = [path for path in (*trees.paths("before"), *trees.paths("after")) if path.endswith((".py", ".pyi"))]
    return frozenset(part.partition(".")[0] for path in paths for part in path.split("/"))


def something(held: Experiment) -> Experiment:
    """The experiment, when there is a change to speak of. Raises UsageError."""
    if not held.changes:
        raise UsageError(f"nothing differs from {held.base[:12]}", hint="name another commit with --base")
    return held


def _trial(command: TestCommand, picked: Settings) -> Trial:
    if command.python is None:
        return CommandTrial(Command(command.argv, picked.test_timeout, command.env, reads=command.reads))
    return TestRun(command.python, picked.test_timeout, args=command.args, env=command.env)


def _surroundings(command: TestCommand) -> str:
    """What else a result depends on: the interpreter, and when something was last installed for it."""
    if command.python is None:
        return command.argv[0]
    folders = Path(command.python).parent.parent.glob("lib/python*/site-packages")
    return " ".join([command.python, *(str(folder.stat().st_mtime_ns) for folder in folders)])


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
