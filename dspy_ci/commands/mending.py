"""What `fix` and `demo` share: choose the adapters, run the pipeline, show its steps, print the report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dspy_ci import pipeline, settings
from dspy_ci.adapters import applying, bases, programfiles, testcommands
from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.adapters.gittrees import GitTrees
from dspy_ci.adapters.sandbox.demand import Origin
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.commands.checkers import checks
from dspy_ci.commands.isolation import sandbox_for
from dspy_ci.commands.progress import Progress
from dspy_ci.commands.reading import read
from dspy_ci.commands.recheck import CHECKED, rechecks
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import ExitCode, UsageError
from dspy_ci.failures.failure import Failure
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.pipeline import Task
from dspy_ci.ports.sandbox import Command, Sandbox, TestRun
from dspy_ci.ports.testcommand import TestCommand
from dspy_ci.ports.trees import Trees
from dspy_ci.ports.trial import CommandTrial
from dspy_ci.reports.fix import FixReport, Offer
from dspy_ci.reports.fix_text import fix_text
from dspy_ci.reports.records import fix_record
from dspy_ci.reports.styled import Styled
from dspy_ci.rerun import Order, mend_command
from dspy_ci.rounds import Asking
from dspy_ci.settings import Settings
from dspy_ci.suspects.priors import SHIPPED, Priors, read_priors
from dspy_ci.verdicts.runners import trial_of

UNSAFE = "the model was not asked: nothing isolates what it writes here; --sandbox E runs it with all of your powers"
_EXIT = {"green": ExitCode.SUCCESS, "fixed": ExitCode.SUCCESS, "unfixed": ExitCode.RED, "error": ExitCode.FAULT}


@dataclass(frozen=True, slots=True)
class Manner:
    """How to answer."""

    json: bool = False
    quiet: bool = False
    apply: bool = False
    ranking: bool = False
    """Whether the text says where the cause was looked for, and why there."""
    origin: Origin = "log"
    """Where the patches come from: the fixers read the output of the tests."""


def mend(folder: Path, manner: Manner, *, log: str | None = None, base: str | None = None, **options: object) -> int:
    """Mend the repository around the folder and report; the exit code. The options are those of Settings."""
    repo = GitRepo(folder)
    named = read(log).diagnosis.open if log else ()
    if log and not named:
        raise UsageError(f"{log} names no failure", hint="`dspy-ci context` shows what was read of it")
    chosen = settings.load(Path(repo.root), os.environ, **options)
    command = testcommands.find(Path(repo.root), os.environ, chosen.test_cmd)
    asking = author(chosen, repo)
    origin = "model" if isinstance(asking, Asking) else manner.origin
    learnt, told = priors(Path(repo.root))
    with Progress(quiet=manner.quiet or manner.json) as progress, past(Path(repo.root), base) as trees:
        progress.notes((*command.notes, *told))
        sandbox = sandbox_for(repo.root, chosen, origin, quiet=manner.quiet)
        place = Place(repo, sandbox, trees, helper(asking, chosen, sandbox), learnt)
        report: FixReport | None = None
        for events in attempts(place, command, chosen, named, options):
            for event in events:
                progress.show(event)
                report = event if isinstance(event, FixReport) else report
            if report and report.status != "green":
                break
    if report is None:
        tools = ", ".join(sorted({failure.tool for failure in named}))
        hint = "name the command with --lint-cmd or --type-cmd"
        raise UsageError(f"{log} names failures of {tools}, which nothing here can ask again", hint=hint)
    if manner.json:
        show_json(fix_record(report))
    else:
        show(fix_text(report, ranking=manner.ranking))
    if manner.apply and report.best:
        _apply(repo, report.best, manner)
    return _EXIT[report.status]


def author(chosen: Settings, repo: GitRepo) -> Asking | str | None:
    """The model that is set, as an author of patches, or why it cannot be asked; None when none is set."""
    from dspy_ci.models import choice, named  # noqa: PLC0415 - the rest is loaded only where a model is set

    why = choice(chosen, os.environ)
    if isinstance(why, str):
        return f"the model was not asked: {why}" if named(chosen, os.environ) else None
    from dspy_ci.commands.models import asking  # noqa: PLC0415 - the same

    found = asking(chosen, repo)
    return f"the model was not asked: {found}" if isinstance(found, str) else found


def helper(asking: Asking | str | None, chosen: Settings, sandbox: Sandbox) -> Asking | str | None:
    """The author, unless what it writes would run with all of the user's powers and nobody asked for that."""
    waived = chosen.allow_unsandboxed or chosen.sandbox.upper() == "E"
    return asking if not isinstance(asking, Asking) or sandbox.guarantees.isolates or waived else UNSAFE


@dataclass(frozen=True, slots=True)
class Place:
    """Where to mend."""

    repo: GitRepo
    sandbox: Sandbox
    past: Trees | None
    helper: Asking | str | None = None
    """Who is asked last, or what the report says of a model that is not."""
    priors: Priors = SHIPPED
    """What was learnt of the repository's bugs."""


def attempts(
    at: Place, command: TestCommand, chosen: Settings, named: Sequence[Failure], asked: Mapping[str, object]
) -> Iterator[Iterator[pipeline.Event]]:
    """The tests first; then the checkers that the user or the log named, each of which may be red while they pass."""
    clean = Redactor(secret_values(os.environ)).redact
    code = Snapshot(at.repo.paths(), at.repo.read)
    looks = checks(code, command, chosen)
    wanted = frozenset(failure.test_id for failure in named if failure.test_id)
    spoken = {failure.kind for failure in named}
    guard: TestRun | None = None
    trial = trial_of(command, chosen.test_timeout)
    if isinstance(trial, CommandTrial):
        asking = at.helper if isinstance(at.helper, Asking) else None
        notes = (at.helper,) if isinstance(at.helper, str) else ()
        order = Order(command.shown, trial, chosen.budget, clean=clean, asking=asking, notes=notes)
        yield mend_command(order, at.repo, at.sandbox, at.past)
    else:
        job = replace(task(command, chosen), wanted=wanted, checks=looks, priors=at.priors, clean=clean)
        if isinstance(at.helper, Asking):
            job = replace(job, asking=at.helper)
        elif at.helper:
            job = replace(job, notes=(at.helper,))
        guard = job.run
        if wanted or not spoken or not spoken <= CHECKED:
            yield pipeline.mend(job, at.repo, at.sandbox, at.past)
    for argv in rechecks(named, code, command.python):
        shown = " ".join((Path(argv[0]).name, *argv[1:]))
        trial = CommandTrial(Command(argv, chosen.test_timeout))
        yield mend_command(Order(shown, trial, chosen.budget, guard, clean), at.repo, at.sandbox, at.past)
    for check in looks:
        by_user = asked.get(f"{check.part.removesuffix('s')}_cmd")
        words = next((one for one in check.commands if shutil.which(one.argv[0])), None)
        if words and by_user:
            order = Order(str(by_user), CommandTrial(words), chosen.budget, guard, clean)
            yield mend_command(order, at.repo, at.sandbox, at.past)


@contextmanager
def past(root: Path, name: str | None) -> Iterator[Trees | None]:
    """From the commit that the change left to the working tree; None where there is nothing to compare with.

    Raises UsageError when a commit was named that does not exist.
    """
    base = bases.commit(root, name) if name else None
    try:
        base = base or bases.base_of(root, None, os.environ)
    except UsageError:
        yield None
        return
    with GitTrees(root, base) as trees:
        yield bases.compared(root, trees, None)


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
    text = programfiles.text(root, ".dspy-ci/priors.json", os.environ)
    if text is None:
        return SHIPPED, ()
    try:
        found = read_priors(text)
    except ValueError as error:
        return SHIPPED, (f"what was learnt is not used: .dspy-ci/priors.json: {error}",)
    return found, (f"in the order that was learnt here: .dspy-ci/priors.json, {len(found.factors)} factors",)


def _apply(repo: GitRepo, best: Offer, manner: Manner) -> None:
    patch = best.patch
    before = {path: source.data if (source := patch.base.source(path)) else None for path in patch.files}
    applying.apply(Path(repo.root), before, patch.files)
    if not manner.quiet:
        show([Styled(f"Applied to {', '.join(patch.files)}; the index is as it was.", "good")], err=True)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
