"""What `fix` and `demo` share: choose the adapters, run the pipeline, show its steps, print the report."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from dspy_ci import pipeline, settings
from dspy_ci.adapters import applying, testcommands
from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.adapters.promoted import promoted
from dspy_ci.adapters.sandbox import choice
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.commands.checkers import checks
from dspy_ci.commands.progress import Progress
from dspy_ci.commands.reading import read
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import ExitCode, UsageError
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.pipeline import Task
from dspy_ci.ports.sandbox import TestRun
from dspy_ci.ports.testcommand import TestCommand
from dspy_ci.reports.fix import FixReport, Offer
from dspy_ci.reports.fix_text import fix_text
from dspy_ci.reports.records import fix_record
from dspy_ci.reports.styled import Styled
from dspy_ci.settings import Settings
from dspy_ci.suspects.priors import SHIPPED, Priors, read_priors

_EXIT = {"green": ExitCode.SUCCESS, "fixed": ExitCode.SUCCESS, "unfixed": ExitCode.RED, "error": ExitCode.FAULT}


@dataclass(frozen=True, slots=True)
class Manner:
    """How to answer."""

    json: bool = False
    quiet: bool = False
    apply: bool = False


def mend(folder: Path, manner: Manner, *, log: str | None = None, **options: object) -> int:
    """Mend the repository around the folder and report; the exit code. The options are those of Settings."""
    repo = GitRepo(folder)
    wanted = named_tests(log) if log else frozenset[str]()
    chosen = settings.load(Path(repo.root), os.environ, **options)
    command = testcommands.find(Path(repo.root), os.environ, chosen.test_cmd)
    learnt, told = priors(Path(repo.root))
    job = replace(
        task(command, chosen),
        wanted=wanted,
        checks=checks(Snapshot(repo.paths(), repo.read), command, chosen),
        priors=learnt,
        clean=Redactor(secret_values(os.environ)).redact,
    )
    sandbox = choice.chosen(repo.root, chosen.sandbox)
    report: FixReport | None = None
    with Progress(quiet=manner.quiet or manner.json) as progress:
        progress.notes((*command.notes, *told))
        for event in pipeline.mend(job, repo, sandbox):
            progress.show(event)
            if isinstance(event, FixReport):
                report = event
    assert report is not None, "the pipeline ends with its report"  # noqa: S101 - a contract, not a check of input
    if manner.json:
        show_json(fix_record(report))
    else:
        show(fix_text(report))
    if manner.apply and report.best:
        _apply(repo, report.best, manner)
    return _EXIT[report.status]


def task(command: TestCommand, chosen: Settings) -> Task:
    """The pipeline's view of what the user wants."""
    if command.python is None:
        raise UsageError(
            f"only pytest can be mended yet, and {command.shown!r} is something else",
            hint="name pytest with --test-cmd; `dspy-ci explain` reads the output of any runner",
        )
    run = TestRun(command.python, chosen.test_timeout, args=command.args, env=command.env)
    return Task(
        command.shown, run, chosen.budget, max_patches=chosen.max_patches, workers=chosen.workers or cores(),
        seed=chosen.seed,
    )  # fmt: skip


def priors(root: Path) -> tuple[Priors, tuple[str, ...]]:
    """What was learnt of the repository and promoted, and a word about it."""
    text = promoted(root, "priors.json", os.environ)
    if text is None:
        return SHIPPED, ()
    try:
        found = read_priors(text)
    except ValueError as error:
        return SHIPPED, (f"what was learnt is not used: .dspy-ci/priors.json: {error}",)
    return found, (f"in the order that was learnt here: .dspy-ci/priors.json, {len(found.factors)} factors",)


def named_tests(log: str) -> frozenset[str]:
    """The tests that a log says failed. Raises UsageError when it cannot be read or names no failure at all."""
    diagnosis = read(log).diagnosis
    if not diagnosis.open:
        raise UsageError(f"{log} names no failure", hint="`dspy-ci context` shows what was read of it")
    return frozenset(failure.test_id for failure in diagnosis.open if failure.test_id)


def _apply(repo: GitRepo, best: Offer, manner: Manner) -> None:
    patch = best.patch
    before = {path: source.data if (source := patch.base.source(path)) else None for path in patch.files}
    applying.apply(Path(repo.root), before, patch.files)
    if not manner.quiet:
        show([Styled(f"Applied to {', '.join(patch.files)}; the index is as it was.", "good")], err=True)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
