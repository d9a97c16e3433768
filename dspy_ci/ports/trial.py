"""A way to tell red from green, and what it said: pytest by test id, or any command by its output and exit code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from dspy_ci.ports.sandbox import NOTHING, Command, Copy, Files, Status, TestReport, TestResult, TestRun

Read = Callable[[str], Mapping[str, Status]]
"""From the output of a command to how each of its tests ended; ids are whatever the tool calls them."""


@dataclass(frozen=True, slots=True)
class CommandTrial:
    """A command that is red when it fails; weaker evidence than pytest's, since its exit code can be forged."""

    command: Command
    read: Read | None = None
    """Finds the tests in the output; without it the command is one test."""

    @property
    def name(self) -> str:
        """The id of the command itself, whose exit code counts as one test."""
        return " ".join(self.command.argv)

    def observe(self, copy: Copy, files: Files = NOTHING) -> TestReport:
        """Run it and read what it said."""
        outcome = copy.run(self.command, files)
        whole: Status = "passed" if outcome.code == 0 else "failed"
        found = self.read(outcome.output) if self.read else {}
        results = {name: TestResult(status) for name, status in found.items()}
        results[self.name] = TestResult(whole, outcome.seconds, "" if outcome.code == 0 else outcome.output[-4000:])
        problem = _PROBLEMS.get(outcome.code)
        return TestReport(results, outcome.code, outcome.output, outcome.seconds, problem=problem)


_PROBLEMS = {
    None: "the command was killed for time", 126: "the command cannot be executed", 127: "the command was not found",
}  # fmt: skip
"""What an exit code says when it says nothing about tests."""

Trial = TestRun | CommandTrial


def observe(
    trial: Trial, copy: Copy, files: Files = NOTHING, *, ids: Collection[str] = (), cold: bool = False,
    stop_at_first: bool = False,
) -> TestReport:  # fmt: skip
    """Run a trial with the files laid over the copy; a command always runs whole."""
    if isinstance(trial, CommandTrial):
        return trial.observe(copy, files)
    return copy.test(replace(trial, ids=tuple(sorted(ids)), cold=cold, stop_at_first=stop_at_first), files)


def shown(trial: Trial) -> str:
    """The trial as a person would type it."""
    if isinstance(trial, CommandTrial):
        return trial.name
    return " ".join((trial.python, "-m", "pytest", *trial.args))
