"""What `dspy-ci hook verify` does: run what the push can reach, on the pushed tree, and look for a cure."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dspy_ci import pipeline
from dspy_ci.adapters import patchstore, testcommands
from dspy_ci.adapters.coveragedata import executed_by
from dspy_ci.adapters.gittrees import GitTrees, Place, place
from dspy_ci.adapters.overlay import Overlaid, differences
from dspy_ci.adapters.pushes import Push, PushedRepo, pushes
from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.reach import reachable
from dspy_ci.commands.checkers import checks
from dspy_ci.commands.isolation import sandbox_for
from dspy_ci.commands.manners import mannerly
from dspy_ci.commands.mending import priors, task
from dspy_ci.errors import ExitCode, MissingError
from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.ports.sandbox import Sandbox, TestReport
from dspy_ci.ports.testcommand import TestCommand
from dspy_ci.reports.fix import FixReport
from dspy_ci.reports.push_text import push_text
from dspy_ci.reports.records import fix_record
from dspy_ci.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Red:
    """A push that breaks tests."""

    tests: frozenset[str]
    """What is red on the pushed tree, was not before, and was red twice; empty when nothing runs any more."""
    ran: int
    report: FixReport


def verify(*, from_git: bool, allow_unsandboxed: bool = False) -> int:
    """Judge what is pushed, print why it is stopped; the exit code. Git says on standard input what goes out."""
    return mannerly("verify", lambda: _verify(sys.stdin.read().splitlines() if from_git else (), allow_unsandboxed))


def _verify(lines: Iterable[str], allow_unsandboxed: bool) -> int:  # noqa: FBT001 - private, called once
    where = place(Path.cwd())
    settings = load(where.root, os.environ, allow_unsandboxed=allow_unsandboxed or None)
    found = []
    for push in pushes(where.root, lines, os.environ):
        with GitTrees(where.root, push.base, push.head) as trees:
            red = _Trial(where, settings, push, trees).red()
        if red and red.report.best:
            best = red.report.best
            patchstore.save(where, best.patch.id, best.patch.diff_bytes, fix_record(red.report))
        found += [red] if red else []
    sys.stdout.writelines(push_text(red.tests, red.ran, red.report) for red in found)
    return ExitCode.RED if found else ExitCode.SUCCESS


def project(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what pre-commit put in front: its own small Python is not the project's."""
    found = dict(environment)
    if "PRE_COMMIT" in environment:
        own = str(Path(sys.executable).parent)
        found.pop("VIRTUAL_ENV", None)
        found["PATH"] = os.pathsep.join(part for part in found.get("PATH", "").split(os.pathsep) if part != own)
    return found


class _Trial:
    """One push, tried in a sandbox."""

    def __init__(self, at: Place, settings: Settings, push: Push, trees: GitTrees) -> None:
        self._at, self._settings, self._push, self._trees = at, settings, push, trees

    def red(self) -> Red | None:
        """What the push breaks. Raises MissingError when the tests cannot be run, whoever's fault that is."""
        tests = self._tests()
        if tests == ():
            return None
        command = testcommands.find(self._at.root, project(os.environ), self._settings.test_cmd)
        if command.python is None:
            raise MissingError(f"only pytest can be verified, and {command.shown!r} is something else")
        job = task(command, self._settings)
        args = job.run.args if tests is None else testcommands.narrowed(job.run.args, tests, self._trees.paths("after"))
        return self._judged(replace(job, run=replace(job.run, args=args)), command) if args is not None else None

    def _tests(self) -> tuple[str, ...] | None:
        """The test files that the push can reach, by imports and by recorded coverage; None for all of them."""
        found = reachable(Difference(self._trees, self._settings.hook_exclude))
        if found is None:
            return None
        changed = [path for move in self._trees.moves() for path in (move.before, move.after) if path]
        known = executed_by(self._at.root, changed) & frozenset(self._trees.paths("after"))
        return tuple(sorted({*found, *known}))

    def _judged(self, job: pipeline.Task, command: TestCommand) -> Red | None:
        sandbox = self._holding(self._push.head, self._trees)
        first, red = _red_twice(job, sandbox)
        if first.foreign:
            raise MissingError(f"the tests import {first.foreign[0]} from another place than this repository")
        if first.problem:
            return self._silenced(job, first)
        red -= self._red_before(job, red) if red else red
        if not red:
            return None
        repo = PushedRepo(str(self._at.root), self._push, self._trees)
        difference = Difference(self._trees)
        job = replace(
            job,
            wanted=red,
            checks=checks(difference.after, command, self._settings),
            priors=priors(self._at.root)[0],
            clean=Redactor(secret_values(os.environ)).redact,
        )
        return Red(red, len(first.results), _mended(job, repo, sandbox))

    def _silenced(self, job: pipeline.Task, now: TestReport) -> Red:
        """A push after which pytest does not run any more. Raises MissingError when it did not run before either."""
        before = self._before(job, frozenset())
        if before is None or before.problem:
            raise MissingError(str(now.problem))
        failures = diagnose(pages_of([now.output.encode()]), checkouts=(str(self._at.root),)).open
        summary = f"{now.problem}; it ran before this push"
        return Red(frozenset(), 0, FixReport("unfixed", summary, job.command, failures=failures))

    def _red_before(self, job: pipeline.Task, red: frozenset[str]) -> frozenset[str]:
        """Which of the red tests were red before the push: it is not to blame for them."""
        report = self._before(job, red)
        return report.red & red if report else frozenset()

    def _before(self, job: pipeline.Task, red: frozenset[str]) -> TestReport | None:
        """The run of the red tests' files, or of all, before the push; None where there was none of them."""
        if self._push.base is None:
            return None
        with GitTrees(self._at.root, None, self._push.base) as trees:
            sandbox = self._holding(self._push.base, trees)
            known = frozenset(trees.paths("after"))
        wanted = {name.split("::")[0] for name in red} or {word for word in job.run.args if not word.startswith("-")}
        files = tuple(sorted(wanted & known))
        if wanted and not files:
            return None
        options = (word for word in job.run.args if word.startswith("-"))
        with sandbox.open() as copy:
            return copy.test(replace(job.run, args=(*options, *files)))

    def _holding(self, commit: str, trees: GitTrees) -> Sandbox:
        """A sandbox whose copies hold the tree of a commit."""
        local = sandbox_for(str(self._at.root), self._settings, "log", quiet=True)
        return Overlaid(local, differences(self._at.root, commit, trees))


def _red_twice(job: pipeline.Task, sandbox: Sandbox) -> tuple[TestReport, frozenset[str]]:
    """The first run, and which tests are red in it and in another one."""
    with sandbox.open() as copy:
        first = copy.test(job.run)
        if first.problem or first.foreign or not first.red:
            return first, frozenset()
        return first, first.red & copy.test(replace(job.run, cold=True)).red


def _mended(job: pipeline.Task, repo: PushedRepo, sandbox: Sandbox) -> FixReport:
    report: FixReport | None = None
    for event in pipeline.mend(job, repo, sandbox):
        if isinstance(event, FixReport):
            report = event
    assert report is not None, "the pipeline ends with its report"  # noqa: S101 - a contract, not a check of input
    return report
