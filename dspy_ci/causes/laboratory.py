"""Where experiments run: files laid on the base, in several copies at once, and nothing run twice."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any

from dspy_ci.causes.narrowing import SpentError
from dspy_ci.errors import MissingError
from dspy_ci.ports.memory import Memory, MemoryMemory
from dspy_ci.ports.sandbox import Copy, Files, Sandbox, TestReport, TestResult, TestRun
from dspy_ci.ports.trial import CommandTrial, Trial, observe, shown

_LONGEST = 4000
"""Characters of a message that are kept."""
_SHORTEST = 1.0
"""Seconds that every run may take."""


@dataclass
class Laboratory:
    """Runs trials on the base with files laid over it; a context manager that closes its copies."""

    sandbox: Sandbox
    base: str
    """What identifies the tree of the base."""
    deadline: float = float("inf")
    """By the monotonic clock; behind it every run that is not remembered raises SpentError."""
    memory: Memory = field(default_factory=MemoryMemory)
    runs: int = 0
    """How many runs there were."""
    remembered: int = 0
    """How many were known from earlier ones."""
    lent: tuple[Copy, ...] = ()
    """Copies that are open already, and stay open."""

    def __post_init__(self) -> None:
        self._stack = ExitStack()
        self._copies = list(self.lent)

    def reports(
        self, trial: Trial, all_files: Sequence[Files], run: Callable[[Copy, Files], TestReport], *, number: int = 0
    ) -> list[TestReport]:
        """One report for each set of files; those that are not known yet run side by side.

        The same files are run again when they come with another number.
        """
        keys = [self.key(trial, files, number) for files in all_files]
        recalled = {key: _report(text) for key in keys if (text := self.memory.recall(key))}
        known = {key: report for key, report in recalled.items() if report}
        missing = {key: files for key, files in zip(keys, all_files, strict=True) if key not in known}
        self.remembered += len(keys) - len(missing)
        if missing and time.monotonic() >= self.deadline:
            raise SpentError
        fresh = self._run(list(missing.values()), run) if missing else []
        if any(report.code is None for report in fresh) and time.monotonic() >= self.deadline:
            raise SpentError  # it was the budget that killed the run
        for key, report in zip(missing, fresh, strict=True):
            if report.code is not None:  # what was killed for time says nothing about the next time
                self.memory.keep(key, _text(report))
        self.runs += len(fresh)
        known |= dict(zip(missing, fresh, strict=True))
        return [known[key] for key in keys]

    def bounded(self, trial: Trial, limit: float = float("inf")) -> Trial:
        """The trial with no more time than the limit and the budget leave it."""
        left = min(limit, max(_SHORTEST, self.deadline - time.monotonic()))
        if isinstance(trial, TestRun):
            return replace(trial, timeout=min(trial.timeout, left))
        return replace(trial, command=replace(trial.command, timeout=min(trial.command.timeout, left)))

    def key(self, trial: Trial, files: Files, number: int = 0) -> str:
        """What a run depends on, as a digest: the tree, the files, the command and the tests."""
        own: object = trial.command.env if isinstance(trial, CommandTrial) else (sorted(trial.ids), dict(trial.env))
        digest = hashlib.sha256(repr((self.base, shown(trial), own, number)).encode(errors="surrogatepass"))
        for path, data in sorted(files.items()):
            content = hashlib.sha256(data).hexdigest() if data is not None else "-"
            digest.update(f"{path!r} {content}\n".encode(errors="surrogatepass"))
        return digest.hexdigest()

    def copy(self, number: int = 0) -> Copy:
        """One of the copies, opened when it is first asked for."""
        while len(self._copies) <= number:
            self._copies.append(self._stack.enter_context(self.sandbox.open()))
        return self._copies[number]

    def _run(self, all_files: Sequence[Files], run: Callable[[Copy, Files], TestReport]) -> list[TestReport]:
        if len(all_files) == 1:
            return [run(self.copy(), all_files[0])]
        idle: SimpleQueue[Copy] = SimpleQueue()
        for number in range(len(all_files)):
            idle.put(self.copy(number))

        def one(files: Files) -> TestReport:
            copy = idle.get()
            try:
                return run(copy, files)
            finally:
                idle.put(copy)

        with ThreadPoolExecutor(len(all_files)) as pool:
            return list(pool.map(one, all_files))

    def __enter__(self) -> Laboratory:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _text(report: TestReport) -> str:
    results = {
        name: [result.status, result.seconds, result.message[-_LONGEST:]] for name, result in report.results.items()
    }
    return json.dumps({
        "results": results, "code": report.code, "seconds": report.seconds, "problem": report.problem,
        "output": report.output[-_LONGEST:], "foreign": report.foreign,
    })  # fmt: skip


def _report(text: str) -> TestReport | None:
    """The report that was kept; None when the text is damaged, or of another version of ours."""
    try:
        held: Mapping[str, Any] = json.loads(text)
        results = {name: TestResult(*parts) for name, parts in held["results"].items()}
        return TestReport(
            results,
            held["code"],
            held["output"],
            held["seconds"],
            foreign=tuple(held["foreign"]),
            problem=held["problem"],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def present(trial: Trial, copy: Copy, files: Files) -> TestReport:
    """Run what there is: a test whose file is not there would make pytest refuse all others."""
    if not isinstance(trial, TestRun):
        return observe(trial, copy, files)
    if not trial.ids:
        return copy.test(trial, files)
    there = tuple(name for name in trial.ids if files.get(name.partition("::")[0], b"") is not None)
    if not there:
        return TestReport({}, 5, "", 0.0)  # pytest's code for no tests
    return copy.test(replace(trial, ids=there), files)


def ours(*reports: TestReport) -> None:
    """Raises MissingError when tests ran on other code than that of the copy: they say nothing about the change."""
    if foreign := next((report.foreign[0] for report in reports if report.foreign), None):
        raise MissingError(
            f"the tests import {foreign} from another place than this repository",
            hint="install the project in editable mode, or run its tests from a tree that holds it",
        )
