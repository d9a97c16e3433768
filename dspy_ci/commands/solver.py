"""The solver: facts in, bundle out. Code of strangers runs here, so there is no token and nothing is posted."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dspy_ci import settings
from dspy_ci.adapters import bases, testcommands
from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.adapters.gittrees import place
from dspy_ci.causes.stage import Stage
from dspy_ci.causes.triage import Asked, Verdicts, triage
from dspy_ci.commands.cleanroom import for_solver, refuse_powers
from dspy_ci.commands.experiments import experiment
from dspy_ci.commands.isolation import sandbox_for
from dspy_ci.commands.mending import Place, attempts, author, helper, past, priors
from dspy_ci.commands.progress import Progress
from dspy_ci.deliveries.screening import screened
from dspy_ci.errors import DspyCiError, ExitCode, UsageError
from dspy_ci.failures.failure import Failure
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.pipeline import Step
from dspy_ci.reports.bundle import Bundle, Finding, Sandbox, bundle_text, fitted, proposal_of
from dspy_ci.reports.facts import MOST_BYTES, Facts, facts_of
from dspy_ci.reports.findings import found_in, judged
from dspy_ci.reports.fix import FixReport
from dspy_ci.reports.words import number

_BUDGET = "5m"
_TRIAGE = 0.35
"""The share of the budget for telling apart whose failures these are."""
_RUNS = 20
_NOWHERE = "no such branch"
"""No name of a branch holds blanks."""


def solve_facts(
    folder: Path, source: Path, out: Path, *, budget: str | None, test_cmd: str | None, mend: bool = True
) -> int:
    """Write the bundle; the exit code. A bundle is there from the first moment on, however the solver ends.

    Without `mend` it ends when it is known whose failures these are.
    """
    refuse_powers(os.environ)
    kept = for_solver(os.environ)
    for name in set(os.environ) - {name for name, value in kept.items() if value or not name.startswith("DSPY_CI_")}:
        del os.environ[name]  # an input of the action that is empty was not given
    facts = facts_of(_bytes(source))
    limit = settings.seconds(budget or os.environ.get("DSPY_CI_BUDGET") or _BUDGET)
    clean = Redactor(secret_values(os.environ)).redact
    solver = Solver(folder.resolve(), facts, Shelf(out), budget=limit)
    solver.shelf.put(replace(solver.bundle, notes=(*solver.bundle.notes, "the solver did not come to an end")))
    if os.environ.get("DSPY_CI_MODE") == "explain":
        solver.shelf.put(solver.bundle)
        return ExitCode.SUCCESS
    with Progress(quiet=False) as progress:
        try:
            solver.solve(progress, test_cmd, mend=mend)
        except DspyCiError as error:
            hint = f" ({error.hint})" if error.hint else ""
            solver.fail(clean(f"{error}{hint}"))
    solver.shelf.put(solver.bundle)
    return ExitCode.SUCCESS


@dataclass(slots=True)
class Shelf:
    """Where bundle and patches lie."""

    path: Path

    def put(self, bundle: Bundle, patches: Mapping[str, bytes] | None = None) -> None:
        """Write the bundle, whole or not at all, and patches beside it; no secret, and no patch that may not leave."""
        clean, refused = screened(fitted(bundle), secret_values(os.environ))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for name in {one.id for one in clean.proposals} & (patches or {}).keys():
            (self.path.parent / f"{name}.patch").write_bytes((patches or {})[name])
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.write_text(bundle_text(replace(clean, notes=(*clean.notes, *refused))), encoding="utf-8")
        fresh.replace(self.path)


@dataclass(slots=True)
class Solver:
    """One run of the solver."""

    folder: Path
    facts: Facts
    shelf: Shelf
    budget: float
    bundle: Bundle = field(init=False)
    _until: float = field(init=False)
    _fork: str | None = None
    """The commit that the change left."""

    def __post_init__(self) -> None:
        """Begin with what the logs alone tell."""
        self._until = time.monotonic() + self.budget
        findings = found_in(self.facts)
        roots = sum(one.root for one in findings)
        told = f"{number(len(findings), 'failure')} in the logs, {number(roots, 'root cause')}; no patch was proved."
        summary = told if findings else "The logs name no failure."
        self.bundle = Bundle(self.facts.target, "unfixed", summary, findings, notes=_notes(self.facts))

    def solve(self, progress: Progress, test_cmd: str | None, *, mend: bool = True) -> None:
        """Triage, then mend where that is wanted; each adds to the bundle what it found.

        Raises DspyCiError where it cannot go on.
        """
        root = place(self.folder).root
        self._at_head(root)
        with ExitStack() as stack:
            config = stack.enter_context(TemporaryDirectory(prefix="dspy-ci-config-"))
            base, trusted = self._base(root, Path(config))
            options = {"config": trusted, "test_cmd": test_cmd}
            self._fork = base
            told = sandbox_for(str(root), settings.load(root, os.environ, **options), "pull request").guarantees
            self.bundle = replace(self.bundle, sandbox=Sandbox(told.tier, told.name, told.network, told.files))
            progress.show(Step("sandbox", f"tier {told.tier} ({told.name})"))
            blamed = self._triaged(progress, base, options) if base else None
            if mend:
                self._mended(progress, root, options, blamed)

    def fail(self, why: str) -> None:
        """Say why there is no more to say; what is known already stays."""
        failed = "error" if not self.bundle.findings else self.bundle.status
        self.bundle = replace(self.bundle, status=failed, notes=(*self.bundle.notes, f"nothing more was tried: {why}"))

    def _at_head(self, root: Path) -> None:
        """Raises UsageError unless the checkout is the head that this is about, or its merge with the base."""
        wanted = self.facts.target.head_sha
        here, *parents = bases.lineage(root)
        if here == wanted:
            return
        if wanted not in parents:
            raise UsageError(
                f"the checkout is {here[:12]}, and this is about {wanted[:12]}", hint="check out the head of the change"
            )
        self._note(f"the checkout is {here[:12]}, the merge of the change with its base: that is what was run")

    def _base(self, root: Path, config: Path) -> tuple[str | None, Path | None]:
        """The commit to compare with, and the settings that count: for a pull request never its own."""
        target = self.facts.target
        named = target.base_sha or (f"origin/{target.base_ref}" if target.base_ref else None)
        trusted = None
        if target.pull or target.from_fork:
            trusted = config / "pyproject.toml"
            trusted.write_bytes(bases.file_at(root, named, "pyproject.toml") if named else b"")
            os.environ["GITHUB_BASE_REF"] = target.base_ref or _NOWHERE  # trained programs are looked for there
        if named is None:
            return self._left_trunk(root), trusted
        base = bases.fork_of(root, named)
        if base is None:
            self._note("the base is not part of this checkout, so nothing could be compared: use fetch-depth: 0")
        return base, trusted

    def _left_trunk(self, root: Path) -> str | None:
        """The commit to compare with where no event names one."""
        try:
            return bases.base_of(root, None, os.environ)
        except DspyCiError as error:
            self._note(f"nothing could be compared: {error}")
            return None

    def _triaged(self, progress: Progress, base: str, options: Mapping[str, object]) -> Verdicts | None:
        """Whose failures these are; None where an experiment could not tell."""
        wanted = {one.failure.test_id: one.failure for one in self.bundle.findings if one.failure.test_id}
        limit = self.budget * _TRIAGE
        verdicts: Verdicts | None = None
        try:
            with experiment(self.folder, base=base, head=None, fresh=True, budget=limit, **options) as held:
                asked = Asked(wanted, _RUNS, held.modules)
                for event in triage(held.changes, held.trial, held.lab, asked, held.workers):
                    if isinstance(event, Stage):
                        progress.show(Step(event.stage, event.text))
                    else:
                        verdicts = event
        except DspyCiError as error:
            self._note(f"whose failures these are was not tried: {error}")
            return None
        if verdicts and verdicts.problem:
            self._note(f"whose failures these are is not known: {verdicts.problem}")
            return None
        if verdicts:
            self.bundle = replace(self.bundle, findings=judged(self.bundle.findings, verdicts.found))
            self.shelf.put(self.bundle)
        return verdicts

    def _mended(self, progress: Progress, root: Path, options: Mapping[str, object], blamed: Verdicts | None) -> None:
        """The search for patches, within what is left of the budget."""
        named = self._named()
        if blamed and blamed.found and not named:
            self._over("No patch was looked for: what is red does not come from the code of this change.")
            return
        repo = GitRepo(root)
        chosen = settings.load(root, os.environ, **{**options, "budget": max(10.0, self._until - time.monotonic())})
        command = testcommands.find(root, os.environ, chosen.test_cmd)
        learnt, told = priors(root)
        progress.notes((*command.notes, *told))
        with past(root, self._fork) as trees:
            sandbox = sandbox_for(repo.root, chosen, "pull request", quiet=True)
            at = Place(repo, sandbox, trees, helper(author(chosen, repo), chosen, sandbox), learnt)
            for events in attempts(at, command, chosen, named, options):
                for event in events:
                    progress.show(event)
                    if isinstance(event, FixReport):
                        self._take(event)
                if self.bundle.best:
                    return

    def _named(self) -> tuple[Failure, ...]:
        """What to mend: what the change broke, else what is broken anyway, never what is flaky."""
        ours = [one for one in self.bundle.findings if one.cause not in {"flaky", "environment", "pre-existing"}]
        chosen = ours or [one for one in self.bundle.findings if one.cause == "pre-existing"]
        return tuple(one.failure for one in chosen)

    def _take(self, report: FixReport) -> None:
        """The bundle with what the search found."""
        proposals = tuple(proposal_of(offer) for offer in report.offers)
        status = "unfixed" if report.status == "green" and self.bundle.findings else report.status
        known = {one.failure.test_id for one in self.bundle.findings}
        more = tuple(Finding(failure, root=True) for failure in report.failures if not self._known(failure, known))
        self.bundle = replace(
            self.bundle,
            status=status,
            summary=report.summary,
            findings=(*self.bundle.findings, *more),
            proposals=proposals,
            command=report.command,
            suspects=tuple(f"{one.file}:{one.start} {one.symbol or ''}".strip() for one in report.suspects[:5]),
            tried=report.tried,
            seconds=round(self.budget - (self._until - time.monotonic()), 1),
            notes=tuple(dict.fromkeys((*self.bundle.notes, *report.notes))),
            model=report.model or self.bundle.model,
            cost=self.bundle.cost + (report.usage.cost if report.usage else 0.0),
        )
        self.shelf.put(self.bundle, {offer.patch.id: offer.patch.diff_bytes for offer in report.offers})

    def _known(self, failure: Failure, tests: set[str | None]) -> bool:
        return any(one.failure.fingerprint == failure.fingerprint for one in self.bundle.findings) or (
            failure.test_id is not None and failure.test_id in tests
        )

    def _over(self, summary: str) -> None:
        self.bundle = replace(self.bundle, summary=summary)

    def _note(self, text: str) -> None:
        self.bundle = replace(self.bundle, notes=(*self.bundle.notes, text))


def _notes(facts: Facts) -> tuple[str, ...]:
    """What the reader could not do."""
    jobs = [f"the log of {job.name} could not be read: {job.problem}" for job in facts.jobs if job.problem]
    return (*facts.notes, *jobs, *(note for job in facts.jobs for note in job.notes))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            return source.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
