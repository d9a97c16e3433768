"""What `dspy-ci hook verify` does: run what the push can reach, on the pushed tree, and look for a cure."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dspy_ci import pipeline
from dspy_ci.adapters import patchstore, testcommands
from dspy_ci.adapters.gittrees import GitTrees, Place, place
from dspy_ci.adapters.overlay import Overlaid, differences
from dspy_ci.adapters.pushes import Push, PushedRepo, pushes
from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.reach import reached
from dspy_ci.commands.manners import mannerly
from dspy_ci.commands.mending import task
from dspy_ci.errors import ExitCode, MissingError
from dspy_ci.ports.sandbox import Sandbox, TestReport
from dspy_ci.reports.fix import FixReport
from dspy_ci.reports.push_text import push_text
from dspy_ci.reports.records import fix_record
from dspy_ci.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Red:
    """A push that breaks tests."""

    push: Push
    tests: frozenset[str]
    """What is red on the pushed tree, was not before, and was red twice."""
    ran: int
    report: FixReport


def verify(*, from_git: bool) -> int:
    """Judge what is pushed, print why it is stopped; the exit code. Git says on standard input what goes out."""
    return mannerly("verify", lambda: _verify(sys.stdin.read().splitlines() if from_git else ()))


def _verify(lines: Iterable[str]) -> int:
    where = place(Path.cwd())
    found = judged(where, load(where.root, os.environ), lines, os.environ)
    sys.stdout.writelines(push_text(red.tests, red.ran, red.report) for red in found)
    return ExitCode.RED if found else ExitCode.SUCCESS


def judged(at: Place, settings: Settings, lines: Iterable[str], environment: Mapping[str, str]) -> list[Red]:
    """The pushes that break tests; their verified patches are on the shelf. Raises MissingError when none can run."""
    found = []
    for push in pushes(at.root, lines, environment):
        with GitTrees(at.root, push.base, push.head) as trees:
            red = _judged(at, settings, push, trees, environment)
        if red and red.report.best:
            best = red.report.best
            patchstore.save(at, best.patch.id, best.patch.diff_bytes, fix_record(red.report))
        found += [red] if red else []
    return found


def _judged(at: Place, settings: Settings, push: Push, trees: GitTrees, environment: Mapping[str, str]) -> Red | None:
    tests = reachable(Difference(trees, settings.hook_exclude))
    if tests == ():
        return None
    command = testcommands.find(at.root, project(environment), settings.test_cmd)
    if command.python is None:
        raise MissingError(f"only pytest can be verified, and {command.shown!r} is something else")
    job = task(command, settings)
    args = job.run.args if tests is None else narrowed(job.run.args, tests, trees.paths("after"))
    if args is None:
        return None
    job = replace(job, run=replace(job.run, args=args))
    local = LocalSandbox(str(at.root))
    sandbox = Overlaid(local, differences(at.root, push.head, trees))
    ran, red = _red(job, sandbox)
    if red:
        red -= _red_before(at, job, local, push, red)
    if not red:
        return None
    return Red(push, red, ran, _mended(replace(job, wanted=red), PushedRepo(str(at.root), push, trees), sandbox))


def reachable(difference: Difference) -> tuple[str, ...] | None:
    """The test files that the change can reach; None for all of them."""
    moves = difference.trees.moves()
    changed = reached(difference.after, [move.after for move in moves if move.after])
    removed = reached(difference.before, [move.before for move in moves if move.before and move.before != move.after])
    if changed is None or removed is None:
        return None
    return tuple(sorted({*changed, *(path for path in removed if path in difference.after)}))


def narrowed(args: tuple[str, ...], tests: tuple[str, ...], paths: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words for pytest with the tests in place of the paths they name; None when the two have nothing in common."""
    places = [word.split("::")[0].rstrip("/").removeprefix("./") for word in args if not word.startswith("-")]
    named = [word for word in places if word in paths or any(path.startswith(f"{word}/") for path in paths)]
    if named:
        tests = tuple(path for path in tests if any(path == word or path.startswith(f"{word}/") for word in named))
    kept = (word for word in args if word.split("::")[0].rstrip("/").removeprefix("./") not in named)
    return (*kept, *tests) if tests else None


def project(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what pre-commit put in front: its own small Python is not the project's."""
    found = dict(environment)
    if "PRE_COMMIT" in environment:
        own = str(Path(sys.executable).parent)
        found.pop("VIRTUAL_ENV", None)
        found["PATH"] = os.pathsep.join(part for part in found.get("PATH", "").split(os.pathsep) if part != own)
    return found


def _red(job: pipeline.Task, sandbox: Sandbox) -> tuple[int, frozenset[str]]:
    """How many tests ran, and which are red twice. Raises MissingError when the run says nothing."""
    with sandbox.open() as copy:
        first = copy.test(job.run)
        if first.problem or first.foreign:
            raise MissingError(_why(first))
        if not first.red:
            return len(first.results), frozenset()
        again = copy.test(replace(job.run, cold=True))
        return len(first.results), first.red & again.red


def _why(report: TestReport) -> str:
    return report.problem or f"the tests import {report.foreign[0]} from another place than this repository"


def _red_before(at: Place, job: pipeline.Task, local: Sandbox, push: Push, red: frozenset[str]) -> frozenset[str]:
    """Which of the red tests were red before the push: it is not to blame for them."""
    if push.base is None:
        return frozenset()
    with GitTrees(at.root, None, push.base) as trees:
        old = Overlaid(local, differences(at.root, push.base, trees))
        known = frozenset(trees.paths("after"))
    files = tuple(sorted({name.split("::")[0] for name in red} & known))
    if not files:
        return frozenset()
    with old.open() as copy:
        report = copy.test(replace(job.run, args=(*(word for word in job.run.args if word.startswith("-")), *files)))
    return report.red & red


def _mended(job: pipeline.Task, repo: PushedRepo, sandbox: Sandbox) -> FixReport:
    report: FixReport | None = None
    for event in pipeline.mend(job, repo, sandbox):
        if isinstance(event, FixReport):
            report = event
    assert report is not None, "the pipeline ends with its report"  # noqa: S101 - a contract, not a check of input
    return report
