"""The conductor: from a red repository to a verified patch, one event per step."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

from dspy_ci.blame import blame
from dspy_ci.briefs import mending
from dspy_ci.causes.culprit import Culprits
from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.errors import UsageError
from dspy_ci.failures.diagnosis import Diagnosis, diagnose
from dspy_ci.failures.failure import Failure
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.patches.hints import hinted, linted
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.proposals.table import proposed
from dspy_ci.patches.reverts import reverts
from dspy_ci.ports.author import Brief
from dspy_ci.ports.repo import Repo
from dspy_ci.ports.sandbox import Copy, Sandbox, TestReport, TestRun
from dspy_ci.ports.trees import Trees
from dspy_ci.reports import words
from dspy_ci.reports.fix import FixReport, Offer
from dspy_ci.rounds import Asking, Court, Outcome, asked
from dspy_ci.search import Budget, Case, Finished, Plausible, Trying, search
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.priors import SHIPPED, Priors
from dspy_ci.suspects.rank import rank
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.verdicts.baseline import Baseline, measure
from dspy_ci.verdicts.check import Check
from dspy_ci.verdicts.judge import judge
from dspy_ci.verdicts.verdict import State

_HISTORY = 5
"""How many commits back a change counts as recent."""
_TRACED = 200
"""How many passing tests are traced beside the failing ones, the quickest first."""
_QUICK = 2.0
"""Seconds after which a test is looked at a second time, with more patience."""
_PATIENCE = 5.0
"""Seconds that such a test may take at the second look."""
_SLOW = 0.2
"""The share of the budget that all slow tests together may take at the second look."""
_UNSEEN = "slower than there is time for"
_PLACE = re.compile(r"^(.+\.py):(\d+): ", re.MULTILINE)
_SAME_LOOP = 15
"""Tests stopped within so many lines of each other run round the same loop."""
_ENDLESS = 3
"""How many endless tests are traced: they all run round the same loop."""
_BLAME = 0.2
"""The share of the budget that may go into finding the guilty part of the change."""
_PROOF = 0.25
"""The share of the budget that is kept for proving what the search found."""


@dataclass(frozen=True, slots=True)
class Task:
    """What shall become green."""

    command: str
    """The test command as a person would type it."""
    run: TestRun
    """The same, as the sandbox runs it."""
    budget: float
    """Seconds from the first test run to the last."""
    max_patches: int = 3
    workers: int = 1
    seed: int = 0
    wanted: frozenset[str] = frozenset()
    """Mend only these test ids, as a log named them; empty means all that are red."""
    checks: tuple[Check, ...] = ()
    """Type checker and linter."""
    asking: Asking | None = None
    """Who is asked when nothing else mended it; nobody when None."""
    notes: tuple[str, ...] = ()
    """What the report shall say beside what is found."""
    priors: Priors = SHIPPED
    """What was learnt of the repository's bugs."""
    clean: Callable[[str], str] = str
    """Takes secrets out of what the tests printed, before it is shown or kept."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stage that is over, and what it found."""

    stage: str
    text: str


Event = Step | Trying | Plausible | FixReport


def mend(task: Task, repo: Repo, sandbox: Sandbox, past: Trees | None = None) -> Iterator[Event]:
    """Find what is red and why, search for patches, prove the best ones; the report comes last.

    `past` goes from the commit that the change left to the working tree, where that is known.
    Raises UsageError when there is nothing to run, SandboxError when no copy could be made.
    """
    clock = Clock(task.budget)
    story = FixReport("green", "", task.command, guarantees=sandbox.guarantees, notes=task.notes)
    with ThreadPoolExecutor(1) as aside, ExitStack() as stack:
        copies = [stack.enter_context(sandbox.open())]
        first = reproduced(task, copies[0])
        story = replace(story, notes=(*story.notes, *words.unseen(unseen(first))))
        red = first.red & task.wanted if task.wanted else first.red
        yield Step("test", words.counted(first))
        if not red:
            yield replace(story, summary=words.green(first, task.wanted), seconds=clock.spent)
            return
        code = Snapshot(repo.paths(), repo.read)
        court = stack.enter_context(sandbox.open())
        measuring = aside.submit(baseline, task, first, court)  # while we search
        diagnosis = diagnose(pages_of([first.output.encode()]), checkouts=(repo.root, copies[0].root), clean=task.clean)
        story = replace(story, failures=_ordered(diagnosis), cause=words.cause(diagnosis.causes()))
        yield Step("explain", story.cause or "the output names no failure")
        evidence = gathered(task, repo, code, diagnosis, first=first, red=red, copy=copies[0])
        culprits = blamed(task, past, sandbox, first, copies[0]) if past else None
        if past:
            yield Step("blame", words.blamed(culprits))
            evidence = replace(evidence, difference=Difference(past), guilty=culprits.pieces if culprits else ())
        story = replace(story, status="unfixed", suspects=rank(evidence))
        yield Step("suspect", words.suspected(story.suspects))
        copies += [stack.enter_context(sandbox.open()) for _ in range(1, task.workers)]
        case = replace(case_of(task, evidence, story, first), first=at_hand(evidence, story.suspects, copies[0]))
        found = yield from searched(case, copies, clock)
        story = replace(story, tried=found.tried, first=found.first)
        base = measuring.result()
        if not base.targets:
            yield replace(story, summary=words.unstable(base.unstable), seconds=clock.spent)
            return
        facts = Facts(sandbox.guarantees.tier, repo.head())
        offers, refused = proved(task, found.patches, base, copies[0], clock=clock, facts=facts)
        if culprits and not any(offer.verdict.verified for offer in offers):
            last, more = proved(task, tuple(reverts(code, culprits)), base, court, clock=clock, facts=facts)
            offers, refused = (*last, *offers), (*refused, *more)
        yield Step("prove", words.proved(offers, refused))
        story = replace(story, offers=offers, notes=(*story.notes, *refused))
        if task.asking and not story.best:
            brief = mending(evidence, story.suspects, first, budget=task.asking.prompt_tokens, clean=task.clean)
            judging = Court(code, base, court, facts.tier, facts.head, clean=task.clean, seed=task.seed)
            story = yield from helped(story, brief, task.asking, judging)
        story = replace(story, seconds=clock.spent, proposals=() if story.best else proposed(evidence))
        yield replace(story, status="fixed" if story.best else "unfixed", summary=words.outcome(story))


def reproduced(task: Task, copy: Copy) -> TestReport:
    """The tests as they are now; what is slow gets a second, longer look, what is endless is red.

    Raises UsageError when the run says nothing about the code.
    """
    first = _looked_at_again(task, copy, copy.test(replace(task.run, per_test=_QUICK)))
    if first.problem:
        said = f"\n{task.clean(words.tail(first.output))}" if first.output.strip() else ""
        hint = "name the tests, for example with --test-cmd 'pytest -q tests'"
        raise UsageError(f"{first.problem}: {task.command}{said}", hint=hint)
    return first


def _looked_at_again(task: Task, copy: Copy, first: TestReport) -> TestReport:
    """What slow tests come to when they have more time; what there is no time for counts neither way."""
    slow = hanging(first)
    if not slow:
        return first
    patience = max(_PATIENCE, task.budget / 10)
    again = copy.test(replace(task.run, ids=slow[:1], per_test=patience, timeout=2 * patience))
    found = dict(again.results)
    if others := slow[1:] if again.passed else elsewhere(first, slow):
        limit = max(2 * patience, task.budget * _SLOW)
        rest = copy.test(replace(task.run, ids=others, per_test=patience, timeout=limit))
        unseen = {name: replace(first.results[name], status="skipped", message=_UNSEEN) for name in others}
        found |= {**unseen, **rest.results}
    return replace(first, results={**first.results, **found})


def unseen(report: TestReport) -> int:
    """How many tests were too slow to be looked at."""
    return sum(result.message == _UNSEEN for result in report.results.values())


def hanging(report: TestReport) -> tuple[str, ...]:
    """The tests that did not come to their end."""
    return tuple(name for name, result in report.results.items() if "ran longer than" in result.message)


def elsewhere(report: TestReport, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the tests that were not stopped where the first of them was: they may be merely slow."""
    places = {name: _PLACE.findall(report.results[name].message)[-1:] for name in names}
    here = places[names[0]]
    return tuple(name for name in names[1:] if not here or not places[name] or not _is_near(here[0], places[name][0]))


def _is_near(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] and abs(int(one[1]) - int(other[1])) <= _SAME_LOOP


def baseline(task: Task, first: TestReport, copy: Copy) -> Baseline:
    """What is red and green for sure, and what the checkers say before anything is changed."""
    ended = (result.seconds for name, result in first.results.items() if name not in hanging(first))
    slowest = max(ended, default=0.0)
    trial = replace(task.run, per_test=max(_QUICK, 2 * slowest))
    return measure(copy, trial, task.checks, targets=task.wanted, first=first)


def gathered(
    task: Task, repo: Repo, code: Snapshot, diagnosis: Diagnosis, *, first: TestReport, red: frozenset[str], copy: Copy
) -> Evidence:
    """What is known about the red run: the code, the executed lines of its tests, what changed recently."""
    quick = sorted(first.passed, key=lambda name: (first.results[name].seconds, name))[:_TRACED]
    endless = red & {*hanging(first)}
    ids = (*sorted(red - endless), *sorted(endless)[:_ENDLESS], *sorted(quick))
    known = sum(first.results[name].seconds for name in ids)
    limit = _QUICK / 4 if endless else 2 * _QUICK
    traced = copy.test(replace(task.run, ids=ids, trace=True, per_test=limit, timeout=10 + 10 * known))
    recent = tuple(repo.changes(_HISTORY))
    return Evidence(code, diagnosis.open, traced.lines, red, first.passed, recent, priors=task.priors)


def blamed(task: Task, past: Trees, sandbox: Sandbox, first: TestReport, copy: Copy) -> Culprits | None:
    """The parts of the change that turn its base red, where the base is green and time allows."""
    red = first.red & task.wanted if task.wanted else first.red
    slowest = max((first.results[name].seconds for name in red), default=0.0)
    trial = replace(task.run, ids=tuple(sorted(red)), per_test=max(_QUICK, 3 * slowest))
    return blame(past, trial, sandbox, task.budget * _BLAME, copy)


def at_hand(evidence: Evidence, suspects: Sequence[Suspect], copy: Copy) -> tuple[Patch, ...]:
    """What the output itself proposes, and what ruff would change in the files under suspicion."""
    files = tuple(dict.fromkeys(suspect.file for suspect in suspects))
    code = evidence.snapshot
    return (*hinted(code, evidence.failures), *linted(code, files, copy))


def case_of(task: Task, evidence: Evidence, story: FixReport, first: TestReport) -> Case:
    """The search's view of the run."""
    return Case(
        evidence,
        story.suspects,
        task.run,
        seconds={name: result.seconds for name, result in first.results.items()},
        messages={name: first.results[name].message for name in evidence.red},
        seed=task.seed,
    )


def searched(case: Case, copies: Sequence[Copy], clock: Clock) -> Generator[Event, None, Finished]:
    """Pass on what the search tells; its end is the value."""
    for event in search(case, copies, Budget(clock.left * (1 - _PROOF))):
        if isinstance(event, Finished):
            yield Step("search", words.searched(event.tried, event.seconds, len(event.patches), event.reason))
            return event
        yield event
    raise AssertionError("a search ends with Finished")


def proved(
    task: Task, patches: Sequence[Patch], base: Baseline, copy: Copy, *, clock: Clock, facts: Facts
) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
    """Judge plausible patches in full, best first, until enough or a safe one is verified; why others were refused.

    The first one is judged however late it is: a proof is what the whole search was for.
    """
    offers: list[Offer] = []
    refused: list[str] = []
    for patch in patches:
        verified = [offer for offer in offers if offer.verdict.verified]
        sure = any(offer.patch.safe for offer in verified)
        if sure or len(verified) == task.max_patches or ((offers or refused) and not clock.left):
            break
        verdict = judge(patch, base, copy, tier=facts.tier, commit=facts.head)
        if verdict.state is State.REJECTED:
            refused.append(f"refused {patch.id} ({patch.rationale}): {verdict.reason}")
        else:
            offers.append(Offer(patch, verdict))
    return tuple(sorted(offers, key=lambda offer: not offer.verdict.verified)), tuple(refused)


def helped(story: FixReport, brief: Brief, asking: Asking, court: Court) -> Generator[Event, None, FixReport]:
    """The story with what an author added to it; trouble with the author is a note, never an error."""
    outcome = Outcome()
    for event in asked(brief, asking, court):
        if isinstance(event, Outcome):
            outcome = event
        else:
            yield Step("model", words.answered(event.number, event.said))
    trouble = (words.helpless(outcome.trouble),) if outcome.trouble else ()
    story = replace(story, model=asking.author.name, usage=asking.author.usage)
    return replace(
        story, offers=(*outcome.offers, *story.offers), notes=(*story.notes, *trouble),
        tried=story.tried + outcome.answers,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict records about where it was reached."""

    tier: str
    head: str | None


class Clock:
    """What is left of the budget."""

    def __init__(self, budget: float) -> None:
        """Start now."""
        self._budget, self._started = budget, time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def left(self) -> float:
        """Seconds until the budget is spent."""
        return max(0.0, self._budget - self.spent)


def _ordered(diagnosis: Diagnosis) -> tuple[Failure, ...]:
    """Root causes first, then what else is open, in the order of the log."""
    rank_of = {fingerprint: place for place, fingerprint in enumerate(diagnosis.roots)}
    return tuple(sorted(diagnosis.open, key=lambda failure: rank_of.get(failure.fingerprint, len(rank_of))))
