"""The conductor of `train mine`: commits to proposals to proved cases, in several copies at once."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice

from dspy_ci.errors import UsageError
from dspy_ci.learn.case import Case, Dismissed
from dspy_ci.learn.planting import Ground, plants, reversals
from dspy_ci.learn.proposal import Proposal, proposals
from dspy_ci.learn.proving import Bench, checked, proved
from dspy_ci.learn.pulls import Pull
from dspy_ci.learn.spreading import spread
from dspy_ci.ports.history import Commit
from dspy_ci.ports.sandbox import Copy, Files, Sandbox, TestReport, TestRun
from dspy_ci.verdicts.check import Check, look

_QUICK = 12.0
"""Seconds that a suite may take to be run as a whole for every commit, and what a checker may take to be asked."""
_FIRST = 45.0
"""Seconds after which the first run has said enough about a long suite."""
_LONGEST = 30.0
"""Seconds that the tests of one commit may take where the suite is long: there are other commits."""
_HANGS = 20.0
"""Seconds after which a test that nobody has seen end is taken for one that never does: it may need a network."""
_PATIENT = 4.0
"""Seconds that every test may take, however quick it is today."""
_TRACED = 400
_TRIES = 4
"""How many plants are tried for each one that is wanted."""

Outcome = Case | Dismissed


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is mined."""

    commits: int = 500
    wanted: int = 60
    """With fewer cases than that, bugs are planted."""
    seconds: float = 600.0
    workers: int = 1
    seed: int = 0


_GROWN = frozenset({"tests", "revert", "feature", "lint", "types"})
"""Kinds of cases that a commit made, not we."""


@dataclass(frozen=True, slots=True)
class Mined:
    """One commit, or one plant, was looked at."""

    stage: str
    done: int
    total: int
    outcomes: tuple[Outcome, ...]


def mine(
    plan: Plan, bench: Bench, sandbox: Sandbox, known: Collection[str], *, cases: int = 0, pulls: Sequence[Pull] = ()
) -> Iterator[Mined]:
    """Look at every commit that is not known yet, the newest first, then at what pull requests add; plant the rest.

    Raises UsageError when the tests cannot be run as they are now.
    """
    end = time.monotonic() + plan.seconds
    with ExitStack() as stack:
        copies = [stack.enter_context(sandbox.open()) for _ in range(plan.workers)]
        bench, first = tried(bench, copies[0])
        commits = [_clean(commit, bench) for commit in bench.history.commits(plan.commits) if done(commit) not in known]
        looked, cured = {done(commit) for commit in commits} | {*known}, _cured(known)
        for mined in _worked([_Job("history", (commit,)) for commit in commits], bench, copies, end):
            cases += sum(isinstance(outcome, Case) for outcome in mined.outcomes)
            cured |= _cured(outcome.id for outcome in mined.outcomes)
            yield mined
        for mined in _worked(list(_unmined(pulls, bench, looked, cured)), bench, copies, end):
            cases += sum(isinstance(outcome, Case) for outcome in mined.outcomes)
            yield mined
        if cases < plan.wanted and time.monotonic() < end:
            missing = plan.wanted - cases
            made = _plants(plan, bench, _ground(bench, copies[0], first), missing)
            new = {job.proposal.id: job for job in made if job.proposal and job.proposal.id not in known}
            yield from _worked(new.values(), bench, copies, end, enough=missing)


def tried(bench: Bench, copy: Copy) -> tuple[Bench, TestReport]:
    """The bench with limits that follow from how the newest commit runs, and that run. Raises UsageError.

    A long suite is not waited for: what ran in the first while says how long its tests take.
    """
    files = bench.history.overlay(bench.history.head())
    first = copy.test(replace(bench.run, timeout=min(bench.run.timeout, _FIRST), per_test=_HANGS), files)
    whole = not first.problem
    if not whole and not (first.code is None and first.passed):
        raise UsageError(f"{first.problem}: the tests of the newest commit must run before older ones can")
    run = _limited(bench.run, first, whole=whole)
    slow = frozenset(check.tool for check in bench.checks if _slow(check, copy, files))
    quick = whole and first.seconds < _QUICK
    cut = frozenset(() if whole else [*first.results][-1:])  # the test that the time ran out on
    sick = frozenset() if quick else first.red - cut
    return replace(bench, quick=quick, run=run, paces=_paces(first), sick=sick, slow=slow), first


def _limited(run: TestRun, first: TestReport, *, whole: bool) -> TestRun:
    """The run with limits that follow from what the newest commit took: a bug may never end."""
    if not whole:
        return replace(run, per_test=_HANGS, timeout=min(run.timeout, _LONGEST))
    slowest = max((first.results[name].seconds for name in first.passed), default=0.0)
    return replace(run, per_test=max(_PATIENT, 10 * slowest), timeout=min(run.timeout, 60 + 20 * first.seconds))


def _paces(first: TestReport) -> Mapping[str, float]:
    """How many seconds each test file took, as far as it came."""
    found: defaultdict[str, float] = defaultdict(float)
    for name, result in first.results.items():
        found[name.partition("::")[0]] += result.seconds
    return dict(found)


def _slow(check: Check, copy: Copy, files: Files) -> bool:
    """Whether a checker takes too long to be asked about every commit."""
    started = time.monotonic()
    look(check, copy, files)
    return time.monotonic() - started > _QUICK


def _clean(commit: Commit, bench: Bench) -> Commit:
    """The commit without secrets in what its author says."""
    return replace(commit, subject=bench.clean(commit.subject), body=bench.clean(commit.body))


def done(commit: Commit) -> str:
    """The name under which a commit is remembered as looked at."""
    return done_name(commit.id)


def done_name(commit: str) -> str:
    """The same for its id."""
    return f"commit:{commit[:12]}"


def _cured(names: Iterable[str]) -> set[str]:
    """The commits of which cases were made, shortened as in their names."""
    return {name.split(":")[1] for name in names if name.split(":")[0] in _GROWN}


def _unmined(pulls: Sequence[Pull], bench: Bench, looked: Collection[str], cured: Collection[str]) -> Iterator[_Job]:
    """Pull requests none of whose commits is a case yet: the commits beside the main line, then the merge as a whole.

    The same bug must not come twice, or it could be learnt from and examined.
    """
    held = bench.history.held({name for pull in pulls for name in (*pull.commits, pull.landed)})
    for pull in pulls:
        if any(name[:12] in cured for name in (*pull.commits, pull.landed)):
            continue
        names = [name for name in (*pull.commits, pull.landed) if name in held and done_name(name) not in looked]
        found = map(bench.history.commit, names)
        commits = tuple(_clean(commit, bench) for commit in found if commit)
        if commits:
            yield _Job("pulls", commits)


@dataclass(frozen=True, slots=True)
class _Job:
    stage: str
    commits: tuple[Commit, ...] = ()
    """Of several, the last one is looked at only when the others prove nothing."""
    proposal: Proposal | None = None
    tests: tuple[str, ...] = ()


def _worked(
    jobs: Iterable[_Job], bench: Bench, copies: Sequence[Copy], end: float, *, enough: int | None = None
) -> Iterator[Mined]:
    """What became of the jobs, as they end; at the end of the time, or when there are enough cases, no new ones."""
    todo = list(jobs)
    found = 0

    def work(job: _Job, copy: Copy) -> tuple[_Job, tuple[Outcome, ...]]:
        return job, _outcomes(job, bench, copy)

    def more() -> bool:
        return time.monotonic() < end and (enough is None or found < enough)

    for finished, (job, outcomes) in enumerate(spread(todo, copies, work, more), 1):
        found += sum(isinstance(outcome, Case) for outcome in outcomes)
        yield Mined(job.stage, finished if enough is None else found, enough or len(todo), outcomes)


def _outcomes(job: _Job, bench: Bench, copy: Copy) -> tuple[Outcome, ...]:
    if job.proposal:
        return (proved(job.proposal, bench, copy, job.tests),)
    *first, last = job.commits
    found = [outcome for commit in first for outcome in _of_commit(commit, bench, copy)]
    if not any(isinstance(outcome, Case) for outcome in found):
        found += _of_commit(last, bench, copy)
    return tuple(found)


def _of_commit(commit: Commit, bench: Bench, copy: Copy) -> Iterator[Outcome]:
    """The cases of a commit, and last the note that it was looked at."""
    try:
        changed = bench.history.changed(commit)
    except OSError as error:
        yield Dismissed(done(commit), f"a file cannot be had: {error}")
        return
    reason = "it changes no code outside of tests"
    found = 0
    for proposal in proposals(commit, changed):
        outcome = proved(proposal, bench, copy)
        if isinstance(outcome, Case):
            found += 1
            yield outcome
        else:
            reason = outcome.reason
            for case in checked(proposal, bench, copy):
                found += 1
                yield case
    yield Dismissed(done(commit), "mined" if found else reason)


def _plants(plan: Plan, bench: Bench, ground: Ground, missing: int) -> Iterator[_Job]:
    """Old functions put back, then small changes."""
    for made, tests in _reversals(plan, bench, ground):
        yield _Job("reversed", proposal=made, tests=tests)
    for made, tests in islice(plants(ground, plan.seed), _TRIES * missing):
        yield _Job("planted", proposal=made, tests=tests)


def _ground(bench: Bench, copy: Copy, first: TestReport) -> Ground:
    """The newest commit with what its quick passing tests run."""
    quick = sorted(first.passed, key=lambda name: (first.results[name].seconds, name))[:_TRACED]
    seconds = sum(first.results[name].seconds for name in quick)
    head = bench.history.head()
    run = replace(bench.run, ids=tuple(sorted(quick)), trace=True, timeout=20 + 10 * seconds)
    newest = next(iter(bench.history.commits(1)), Commit(head, head, 0, ""))
    commit = newest if newest.id == head else replace(newest, id=head)
    return Ground(bench.snapshot(head), _clean(commit, bench), copy.test(run, bench.history.overlay(head)))


def _reversals(plan: Plan, bench: Bench, ground: Ground) -> Iterator[tuple[Proposal, tuple[str, ...]]]:
    """One old function after the other, those of the newest commits first."""
    for commit in bench.history.commits(plan.commits):
        try:
            changed = bench.history.changed(commit)
        except OSError:
            continue
        for proposal in proposals(commit, changed):
            paths = tuple(path for path in proposal.sources if path.endswith(".py"))
            yield from reversals(ground, bench.snapshot(commit.parent), paths)
