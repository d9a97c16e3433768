"""Mending what any command says is red, judged by running it again: linters, type checkers, builds, other languages.

The cures are those that tools have themselves, the fixers, taking back the guilty part of the change, and at last what
a model writes, where one is set. The evidence is weaker than pytest's: the exit code of a command, and what it printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from dspy_ci.blame import blame
from dspy_ci.briefs import told
from dspy_ci.causes.culprit import Culprits
from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.excerpts import Spot, excerpt
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.diagnosis import Diagnosis, diagnose
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.logs.tokens import tokens
from dspy_ci.patches.autofixers import autofixes
from dspy_ci.patches.changed import changed, harmless
from dspy_ci.patches.fixers.table import fixes
from dspy_ci.patches.hints import hinted
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.policy import Permit, refusals
from dspy_ci.patches.proposals.table import proposed
from dspy_ci.patches.reverts import reverts
from dspy_ci.pipeline import Clock, Event, Step, helped
from dspy_ci.ports.author import Brief
from dspy_ci.ports.repo import Repo
from dspy_ci.ports.sandbox import Copy, Sandbox, TestReport, TestRun
from dspy_ci.ports.trees import Trees
from dspy_ci.ports.trial import CommandTrial
from dspy_ci.reports import words
from dspy_ci.reports.fix import FixReport, FixStatus, Offer
from dspy_ci.rounds import Asking, Court
from dspy_ci.suspects.evidence import Evidence, is_test
from dspy_ci.verdicts.baseline import Baseline, measure
from dspy_ci.verdicts.judge import judge
from dspy_ci.verdicts.verdict import State, Verdict

_ROUNDS = 12
_MOST = 40
"""Candidates that are tried in one round."""
_SEARCH = 0.6
"""The share of the budget after which no further candidate is tried; the rest is for the culprit and for proof."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command that shall become green."""

    command: str
    """As a person would type it."""
    trial: CommandTrial
    budget: float
    guard: TestRun | None = None
    """Tests that no cure may lose."""
    clean: Callable[[str], str] = str
    """Takes secrets out of what the command printed, before it is shown or kept."""
    asking: Asking | None = None
    """Who is asked when nothing else helps."""
    notes: tuple[str, ...] = ()


def mend_command(order: Order, repo: Repo, sandbox: Sandbox, past: Trees | None = None) -> Iterator[Event]:
    """Run the command, look for a cure of what it says, prove it by running it again; the report comes last."""
    clock = Clock(order.budget)
    story = FixReport("green", "", order.command, guarantees=sandbox.guarantees, notes=order.notes)
    with sandbox.open() as copy:
        base = measure(copy, order.trial)
        yield Step(
            "test", f"{order.command} {'failed' if base.report.red else 'passed'} in {base.report.seconds:.1f} s"
        )
        if not base.targets:
            summary = words.unstable(base.unstable) if base.unstable else f"Nothing is red: `{order.command}` passes."
            status: FixStatus = "unfixed" if base.unstable else "green"
            yield replace(story, status=status, summary=summary, seconds=clock.spent)
            return
        case = _Case(order, repo, copy, Snapshot(repo.paths(), repo.read), past, clock)
        diagnosis = case.diagnosed(base.report)
        story = replace(story, status="unfixed", failures=diagnosis.open, cause=words.cause(diagnosis.causes()))
        yield Step("explain", story.cause or "the output names no failure")
        found = case.searched(diagnosis)
        yield Step("search", f"{words.number(case.tried, 'candidate')} tried; {'one' if found else 'none'} helped")
        offers, refused = case.proved([found] if found else [], base, sandbox.guarantees.tier)
        if not any(offer.verdict.verified for offer in offers):
            culprits = case.blamed(sandbox)
            yield Step("blame", words.blamed(culprits))
            last = tuple(reverts(case.code, culprits)) if culprits else ()
            more, also = case.proved(last, base, sandbox.guarantees.tier)
            offers, refused = (*more, *offers), (*refused, *also)
        yield Step("prove", words.proved(offers, refused))
        story = replace(story, offers=offers, notes=(*story.notes, *refused), tried=case.tried)
        story = yield from case.helped(story, base, diagnosis, sandbox.guarantees.tier)
        story = replace(story, seconds=clock.spent)
        ideas = () if story.best else proposed(Evidence(case.code, diagnosis.open))
        yield replace(story, status="fixed" if story.best else "unfixed", summary=_outcome(story), proposals=ideas)


def _outcome(story: FixReport) -> str:
    if story.best:
        return f"Mended: `{story.command}` failed before and passes with the patch (weaker evidence than test ids)."
    if story.offers:
        return f"Not mended: {story.offers[0].verdict.reason}."
    return f"Not mended: nothing that was tried made `{story.command}` pass."


@dataclass
class _Case:
    """One red command, and what was tried so far."""

    order: Order
    repo: Repo
    copy: Copy
    code: Snapshot
    past: Trees | None
    clock: Clock
    tried: int = 0

    def diagnosed(self, report: TestReport) -> Diagnosis:
        """What the command says is wrong."""
        pages = pages_of([report.output.encode()])
        return diagnose(pages, checkouts=(self.repo.root, self.copy.root), clean=self.order.clean)

    def searched(self, diagnosis: Diagnosis) -> Patch | None:
        """The patch after which the command passes, step by step: each must leave less to complain about."""
        steps: list[Patch] = []
        code, failures = self.code, tuple(diagnosis.open)
        for _ in range(_ROUNDS):
            step, left = self._step(code, failures)
            if step is None or left is None:
                return None
            steps.append(step)
            code, failures = code.with_files(step.files), tuple(left)
            if not failures:
                return _whole(self.code, code, steps)
        return None

    def _step(self, code: Snapshot, failures: Sequence[Failure]) -> tuple[Patch | None, Sequence[Failure] | None]:
        """The first candidate with which the command passes, else the first that leaves less; and what is left."""
        better: tuple[Patch, Sequence[Failure]] | None = None
        for number, patch in enumerate(self._candidates(code, failures)):
            if number >= _MOST or self.clock.spent > self.order.budget * _SEARCH:
                break
            if not patch.diff or not _is_trusted(patch, failures) or any(refusals(patch, _permit(patch))):
                continue
            self.tried += 1
            files = {**_files(self.code, code), **patch.files}
            report = self.order.trial.observe(self.copy, files)
            if not report.red:
                return patch, ()
            left = self.diagnosed(report).open
            if left and better is None and _is_less(left, failures):
                better = patch, left
                if number:  # the first one is all cures at once; beside that, any progress is welcome
                    break
        return better or (None, None)

    def _candidates(self, code: Snapshot, failures: Sequence[Failure]) -> Iterator[Patch]:
        difference = Difference(self.past) if self.past else None
        single = fixes(Evidence(code, tuple(failures), difference=difference))
        yield from hinted(code, failures)
        files = _files(self.code, code)
        for argv in autofixes(self.order.trial.command.argv, failures):
            yield from changed(argv, self.copy, code, files, self.order.trial.command.env)
        single = tuple(patch for patch in single if _is_trusted(patch, failures))
        together = _together(code, single)
        if together:
            yield together
        yield from single

    def proved(self, patches: Sequence[Patch], base: Baseline, tier: str) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
        """Judge them until one is verified."""
        offers: list[Offer] = []
        refused: list[str] = []
        for patch in patches:
            verdict = judge(patch, base, self.copy, tier=tier, commit=self.repo.head(), permit=_permit(patch))
            verdict = self._guarded(patch, verdict)
            if verdict.state is State.REJECTED:
                refused.append(f"refused {patch.id} ({patch.rationale}): {verdict.reason}")
                continue
            offers.append(Offer(patch, verdict))
            if verdict.verified:
                break
        return tuple(sorted(offers, key=lambda offer: not offer.verdict.verified)), tuple(refused)

    def _guarded(self, patch: Patch, verdict: Verdict) -> Verdict:
        """The verdict, unless a test that passes now would be lost; a change of form alone loses none."""
        if not verdict.verified or self.order.guard is None or harmless(patch) >= patch.files.keys():
            return verdict
        before, after = self.copy.test(self.order.guard), self.copy.test(self.order.guard, patch.files)
        lost = sorted(before.passed - after.passed)
        if not lost:
            kept = replace(verdict.tests, kept=len(before.passed))
            return replace(verdict, tests=kept, reason=f"{verdict.reason}; {len(before.passed)} tests pass as before")
        return replace(verdict, state=State.REJECTED, reason=f"no longer passing: {', '.join(lost[:5])}")

    def helped(
        self, story: FixReport, base: Baseline, diagnosis: Diagnosis, tier: str
    ) -> Generator[Event, None, FixReport]:
        """The story with what a model added to it, where one is set and the command is more than a checker."""
        asking = self.order.asking
        if asking is None or story.best or _only_checked(diagnosis.open):
            return story
        brief = _brief(self.order, self.code, base, diagnosis, asking.prompt_tokens)
        if not brief.code:
            return replace(story, notes=(*story.notes, "the model was not asked: the output names no file of the code"))
        court = Court(self.code, base, self.copy, tier, self.repo.head(), clean=self.order.clean)
        story = yield from helped(story, brief, asking, court)
        named = base.targets - {self.order.trial.name}
        offers = story.offers if named else tuple(map(_unproved, story.offers))
        return replace(story, offers=tuple(sorted(offers, key=lambda offer: not offer.verdict.verified)))

    def blamed(self, sandbox: Sandbox) -> Culprits | None:
        """The part of the change with which the command turns red."""
        if self.past is None:
            return None
        return blame(self.past, self.order.trial, sandbox, max(1.0, 0.8 * self.clock.left), self.copy)


_CHECKED: frozenset[Kind] = frozenset({"lint", "type", "format"})
_SURE = 0.93
"""What a fixer must promise where no test runs the code: a checker is content with any name that exists."""


def _only_checked(failures: Sequence[Failure]) -> bool:
    return bool(failures) and all(failure.kind in _CHECKED for failure in failures)


def _unproved(offer: Offer) -> Offer:
    """What a model wrote, where an exit code is all there is: that can be had without mending anything."""
    if not offer.verdict.verified:
        return offer
    reason = "the command passes with it, but names no test: an exit code alone does not prove what a model wrote"
    return replace(offer, verdict=replace(offer.verdict, state=State.UNVERIFIED, reason=reason))


def _brief(order: Order, code: Snapshot, base: Baseline, diagnosis: Diagnosis, budget: int) -> Brief:
    """What the command prints, and the code that it names."""
    results, command = base.report.results, order.trial.name
    red = [command, *sorted(base.targets - {command})]
    context = told({name: results[name].message for name in red if name in results}, code, budget // 3)
    shown = excerpt(code, _spots(diagnosis.causes(), code), budget - tokens(context))
    task = f"Make the command `{order.command}` pass by correcting the code, not what it checks"
    return Brief(task, order.clean(context), order.clean(shown))


def _spots(failures: Sequence[Failure], code: Snapshot) -> Iterator[Spot]:
    """The files and lines that the output names, where a failure was raised first."""
    for failure in failures:
        frames = [(frame.file, frame.line) for frame in reversed(failure.frames) if frame.in_repo]
        for path, line in (*frames, (failure.file, failure.line)):
            if path and path in code and not is_test(path):
                yield Spot(path, line or 0)


def _is_trusted(patch: Patch, failures: Sequence[Failure]) -> bool:
    """Whether a green command would mean anything: a checker alone does not tell a cure from a guess."""
    guess = patch.origin.startswith("fixer:") and patch.weight < _SURE and "annotation" not in patch.origin
    return not guess or not _only_checked(failures)


def _permit(patch: Patch) -> Permit:
    """Files whose form alone changes may be edited, be they tests."""
    return Permit(paths=harmless(patch)) if patch.origin.startswith("autofix:") else Permit()


def _together(code: Snapshot, patches: Sequence[Patch]) -> Patch | None:
    """The most likely cure of every place at once; what overlaps comes later."""
    chosen: list[Edit] = []
    whys: list[str] = []
    for patch in patches:
        if all(_is_apart(edit, other) for edit in patch.edits for other in chosen):
            chosen += patch.edits
            whys.append(patch.rationale)
    if len(whys) < 2:  # one cure alone is a candidate already
        return None
    return Patch(code, tuple(sorted(chosen)), patches[0].origin, " ".join(dict.fromkeys(whys)))


def _is_apart(one: Edit, two: Edit) -> bool:
    return one.path != two.path or one.end < two.start or two.end < one.start


def _is_less(left: Sequence[Failure], before: Sequence[Failure]) -> bool:
    """Whether fewer failures are left and none of them is new."""
    after, known = (Counter(failure.fingerprint for failure in some) for some in (left, before))
    rules, old_rules = ({(failure.file, failure.code) for failure in some} for some in (left, before))
    return after.total() < known.total() and rules <= old_rules


def _files(base: Snapshot, code: Snapshot) -> dict[str, bytes | None]:
    """What lies on the base when the code is as it is by now."""
    if base is code:
        return {}
    found: dict[str, bytes | None] = {}
    for path in code.paths:
        new, old = code.source(path), base.source(path)
        if new and new != old:
            found[path] = new.data
    return found


def _whole(base: Snapshot, code: Snapshot, steps: Sequence[Patch]) -> Patch:
    """All steps as one patch of the base."""
    if len(steps) == 1:
        return replace(steps[0], edits=tuple(sorted(steps[0].edits)))
    edits = []
    for path in sorted({path for step in steps for path in step.files}):
        old, new = base.source(path), code.source(path)
        if new is not None and new != old:
            edits.append(Edit(path, 0, len(old.text) if old else 0, new.text))
    why = " ".join(dict.fromkeys(step.rationale for step in steps))
    return Patch(base, tuple(edits), steps[0].origin, why, safe=all(step.safe for step in steps))
