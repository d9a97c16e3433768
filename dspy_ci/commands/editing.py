"""What `edit` does: brief an author, judge what it writes, show the best, apply it if that is wanted."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dspy_ci import settings
from dspy_ci.adapters import applying, testcommands
from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.briefs import told
from dspy_ci.codebase.excerpts import Spot, excerpt
from dspy_ci.codebase.functions import functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.commands.checkers import checks
from dspy_ci.commands.isolation import sandbox_for
from dspy_ci.commands.mending import UNSAFE
from dspy_ci.commands.models import asking
from dspy_ci.commands.progress import Progress
from dspy_ci.commands.reading import read
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import ExitCode, IsolationError, ModelError, UsageError
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.logs.tokens import tokens
from dspy_ci.patches.policy import Permit
from dspy_ci.pipeline import Step
from dspy_ci.ports.author import Brief
from dspy_ci.ports.lm import Usage
from dspy_ci.ports.sandbox import Guarantees
from dspy_ci.programs.author import Rules
from dspy_ci.programs.edit import rationale
from dspy_ci.reports import words
from dspy_ci.reports.edit import EditReport, edit_record, edit_text
from dspy_ci.reports.styled import Styled
from dspy_ci.rounds import Asking, Court, Outcome, asked, holds
from dspy_ci.settings import Settings
from dspy_ci.suspects.evidence import is_test
from dspy_ci.suspects.lexical import words as words_of
from dspy_ci.verdicts.baseline import Baseline, measure
from dspy_ci.verdicts.runners import trial_of

_GUESSED = 6
"""Functions that are shown when no file is named."""
_PATH = re.compile(r"[\w./-]+\.\w+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be changed, and how to answer."""

    task: str
    files: tuple[str, ...] = ()
    log: str | None = None
    ignore_red: bool = False
    apply: bool = False
    json: bool = False
    quiet: bool = False


def edit(folder: Path, wish: Wish, **options: object) -> int:
    """Edit the repository around the folder and report; the exit code. The options are those of Settings."""
    repo = GitRepo(folder)
    chosen = settings.load(Path(repo.root), os.environ, **options)
    code = Snapshot(repo.paths(), repo.read)
    files = _files(wish.files, code, folder, Path(repo.root))
    command = testcommands.find(Path(repo.root), os.environ, chosen.test_cmd)
    author = asking(chosen, repo, needed=True)
    sandbox = _isolated(repo.root, chosen, quiet=wish.quiet)
    started = time.monotonic()
    with Progress(quiet=wish.quiet or wish.json) as progress, sandbox.open() as copy:
        progress.notes(command.notes)
        base = measure(copy, trial_of(command, chosen.test_timeout), checks(code, command, chosen))
        if base.problem:
            raise UsageError(f"{base.problem}: {command.shown}", hint="name the tests with --test-cmd")
        progress.show(Step("test", words.counted(base.report)))
        court = Court(
            code, base, copy, sandbox.tier, repo.head(), _permit(files, base),
            Redactor(secret_values(os.environ)).redact,
            mends=bool(base.targets) and not wish.ignore_red, only=frozenset(files), seed=chosen.seed,
        )  # fmt: skip
        outcome = _written(_brief(wish, files, court, chosen), author, court, progress)
    report = _report(
        wish, court, author, outcome, command=command.shown, sandbox=sandbox.guarantees,
        seconds=time.monotonic() - started,
    )  # fmt: skip
    if wish.json:
        show_json(edit_record(report))
    else:
        show(edit_text(report))
    if wish.apply and report.best:
        _apply(repo, report, quiet=wish.quiet)
    if report.best:
        return ExitCode.SUCCESS
    silent = outcome.trouble is not None and not outcome.answers and not chosen.offline
    return ExitCode.MISSING if silent else ExitCode.RED


def _report(
    wish: Wish, court: Court, author: Asking | str, outcome: Outcome, *, command: str, sandbox: Guarantees,
    seconds: float,
) -> EditReport:  # fmt: skip
    writer = author.author if isinstance(author, Asking) else None
    trouble = (words.helpless(outcome.trouble),) if outcome.trouble else ()
    found = () if any(holds(offer, court) for offer in outcome.offers) else outcome.notes
    return EditReport(
        wish.task, command, len(court.base.targets) if court.mends else 0, outcome.offers,
        writer.name if writer else None, writer.usage if writer else Usage(), sandbox, seconds, outcome.answers,
        (*trouble, *found),
    )  # fmt: skip


def _written(brief: Brief, author: Asking | str, court: Court, progress: Progress) -> Outcome:
    """What the model wrote; where that came to nothing, what the rules know."""
    if isinstance(author, Asking):
        outcome = _asked(brief, author, court, progress)
    else:
        outcome = Outcome(trouble=ModelError("offline", author))
    if any(holds(offer, court) for offer in outcome.offers):
        return outcome
    twin = _asked(brief, Asking(Rules(), 1, 1, rationale=rationale, origin="fixer"), court, progress)
    if any(holds(offer, court) for offer in twin.offers):
        outcome.offers = (*twin.offers, *outcome.offers)
    return outcome


def _asked(brief: Brief, author: Asking, court: Court, progress: Progress) -> Outcome:
    for event in asked(brief, author, court):
        if isinstance(event, Outcome):
            return event
        progress.show(Step(author.origin, words.answered(event.number, event.said)))
    raise AssertionError("the asking ends with its outcome")


def _brief(wish: Wish, files: Sequence[str], court: Court, chosen: Settings) -> Brief:
    """The task, what the red tests and the log say, and the code that may be meant."""
    base, code = court.base, court.code
    messages = {name: base.report.results[name].message for name in sorted(base.targets & base.report.results.keys())}
    share = chosen.prompt_tokens // 3
    parts = [told(messages, code, share)] if court.mends else []
    if wish.log:
        parts.append(read(wish.log).context(share).text)
    context = "\n".join(part for part in parts if part)
    spots = _spots(wish.task, files, code, f"{wish.task}\n{context}")
    shown = excerpt(code, spots, chosen.prompt_tokens - tokens(context))
    return Brief(wish.task, court.clean(context), court.clean(shown))


def _spots(task: str, files: Sequence[str], code: Snapshot, said: str) -> Iterator[Spot]:
    """What is named first: files, then functions whose names the task or the failures speak of."""
    named = [*files, *(path for path in _PATH.findall(task) if path in code)]
    asked_for = words_of(said)
    near = sorted(_functions(code, named or code.python_paths, asked_for), reverse=True)
    for path in named:
        mine = [line for _, _, line, other in near if other == path]
        yield from (Spot(path, line) for line in mine or [0])
    if not named:
        yield from (Spot(path, line) for _, _, line, path in near[:_GUESSED])


def _functions(code: Snapshot, paths: Iterable[str], said: set[str]) -> Iterator[tuple[float, int, int, str]]:
    """Functions that share words with what was said: the share, and where they stand."""
    for path in paths:
        tree = code.tree(path)
        for function in functions(path, tree)[:-1] if tree and not is_test(path) else ():
            named = words_of(f"{path} {function.name}")
            if common := named & said:
                yield len(common) / len(named), -function.start, function.start, path


def _files(named: Iterable[str], code: Snapshot, folder: Path, root: Path) -> tuple[str, ...]:
    """The named files as the repository spells them. Raises UsageError for one that it does not hold."""
    found = []
    for name in named:
        path = Path(os.path.normpath(folder / name))
        inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
        if inside not in code and not any(known.startswith(f"{inside}/") for known in code.paths if inside):
            raise UsageError(f"{name} is no file of the repository", hint="paths are those that git knows")
        found += [inside] if inside in code else [known for known in code.paths if known.startswith(f"{inside}/")]
    return tuple(dict.fromkeys(found))


def _permit(files: Sequence[str], base: Baseline) -> Permit:
    """Guarded files that were named may be changed, but never those whose tests are to turn green."""
    return Permit(frozenset(files) - {name.partition("::")[0] for name in base.targets})


def _isolated(root: str, chosen: Settings, *, quiet: bool) -> LocalSandbox:
    """The sandbox. Raises IsolationError where nothing isolates and nobody allowed that."""
    sandbox = sandbox_for(root, chosen, "model", quiet=quiet)
    if sandbox.tier == "E" and not (chosen.allow_unsandboxed or chosen.sandbox.upper() == "E"):
        raise IsolationError(UNSAFE, hint="`dspy-ci doctor` shows what would isolate")
    return sandbox


def _apply(repo: GitRepo, report: EditReport, *, quiet: bool) -> None:
    assert report.best is not None  # noqa: S101 - the caller looked
    patch = report.best.patch
    before = {path: source.data if (source := patch.base.source(path)) else None for path in patch.files}
    applying.apply(Path(repo.root), before, patch.files)
    if not quiet:
        show([Styled(f"Applied to {', '.join(patch.files)}; the index is as it was.", "good")], err=True)
