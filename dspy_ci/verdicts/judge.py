"""The judge: red before, green after, nothing lost, and the copy was what ran; anything else is no verdict."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dspy_ci.patches.patch import Patch
from dspy_ci.patches.policy import NO_PERMIT, Permit, marks, refusals
from dspy_ci.ports.sandbox import Copy, TestReport, TestRun
from dspy_ci.ports.trial import CommandTrial, observe, shown
from dspy_ci.verdicts.baseline import Baseline
from dspy_ci.verdicts.canary import sabotage
from dspy_ci.verdicts.check import delta, look
from dspy_ci.verdicts.score import Score, cleanliness
from dspy_ci.verdicts.syntax import syntax
from dspy_ci.verdicts.verdict import CheckDelta, Evidence, State, TestDelta, Verdict

_SHOWN = 5
_AGAIN = 3
"""How often a quick proof is repeated, with the patch and without it."""
_QUICK = 2.0
"""Seconds of the failing tests, or of the command, up to which a repetition costs little."""


@dataclass(slots=True)
class _Case:
    """What is known about one patch so far."""

    patch: Patch
    baseline: Baseline
    copy: Copy
    started: float = field(default_factory=time.monotonic)
    runs: list[str] = field(default_factory=list)
    tests: TestDelta = field(default_factory=TestDelta)
    deltas: dict[str, CheckDelta | None] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    canary: bool = False
    used: frozenset[str] = frozenset()
    """Files of the project that the tests imported."""
    notes: list[str] = field(default_factory=list)

    @property
    def quick(self) -> bool:
        """Whether what is red takes so little that it may run several times."""
        results, targets = self.baseline.report.results, self.baseline.targets
        return sum(results[name].seconds for name in targets if name in results) < _QUICK

    def observe(self, ids: Collection[str], *, cold: bool, stop_at_first: bool) -> TestReport:
        """Run the trial with the patch, and remember it in words."""
        files = self.patch.files
        report = observe(self.baseline.trial, self.copy, files, ids=ids, cold=cold, stop_at_first=stop_at_first)
        scope = f"{len(ids)} target{'s' * (len(ids) != 1)}" if ids else "everything"
        start = "command" if isinstance(self.baseline.trial, CommandTrial) else "cold" if not report.warm else "warm"
        self.runs.append(
            f"{scope}, {start}: {len(report.passed)} passed, {len(report.red)} red, {report.seconds:.1f} s"
        )
        return report


def judge(
    patch: Patch, baseline: Baseline, copy: Copy, *, tier: str = "?", commit: str | None = None,
    permit: Permit = NO_PERMIT,
) -> Verdict:  # fmt: skip
    """Prove or refute one patch: policy, targets, types and lint, then everything once more in a cold process."""
    case = _Case(patch, baseline, copy)
    for state, reason in _objections(case, permit):
        return _verdict(case, state, reason, tier, commit)
    return _verdict(case, State.VERIFIED, _proof(case), tier, commit)


def unharmed(
    patch: Patch, baseline: Baseline, copy: Copy, *, tier: str = "?", commit: str | None = None,
    permit: Permit = NO_PERMIT,
) -> Verdict:  # fmt: skip
    """What can be said of a change where nothing is red: whether all that passed passes, and no checker complains.

    It is never `verified`, since no test tells whether it does what was asked for; `rejected` when it does harm.
    """
    case = _Case(patch, replace(baseline, targets=frozenset()), copy)
    for state, reason in _harm(case, permit):
        return _verdict(case, state, reason, tier, commit)
    reason = f"nothing was red, so nothing proves what was asked for; {_kept(case)}"
    return _verdict(case, State.UNVERIFIED, reason, tier, commit)


def _harm(case: _Case, permit: Permit) -> Iterator[tuple[State, str]]:
    yield from (objection for objection in _before_running(case, permit) if objection[0] is State.REJECTED)
    yield from _checkers(case)
    yield from _everything(case)
    yield from _freshness(case)


def _kept(case: _Case) -> str:
    return "; ".join((f"{case.tests.kept} tests passed before and after, none is lost", *case.notes))


def _objections(case: _Case, permit: Permit) -> Iterator[tuple[State, str]]:
    """Every reason against the patch, the cheap ones first; the first one ends the case."""
    yield from _before_running(case, permit)
    yield from _targets(case)
    yield from _checkers(case)
    yield from _everything(case)
    yield from _canary(case)
    yield from _chance(case)
    yield from _freshness(case)


def _before_running(case: _Case, permit: Permit) -> Iterator[tuple[State, str]]:
    if not case.patch.diff:
        yield State.REJECTED, "the patch changes nothing"
    for refusal in refusals(case.patch, permit):
        yield State.REJECTED, refusal.sentence
    if case.baseline.problem:
        yield State.UNVERIFIED, f"the failure cannot be reproduced: {case.baseline.problem}"
    if not case.baseline.targets:
        yield State.UNVERIFIED, "the failure cannot be reproduced: nothing that should be red is red in the sandbox"
    case.deltas["types"] = parsed = syntax(case.patch)
    if parsed.new:
        yield State.REJECTED, f"the patched code is no Python: {_few(parsed.new)}"
    case.notes += [mark.sentence for mark in marks(case.patch)]


def _targets(case: _Case) -> Iterator[tuple[State, str]]:
    targets = case.baseline.targets
    report = case.observe(targets, cold=False, stop_at_first=True)
    if problem := report.problem:
        yield State.REJECTED, f"with the patch the tests cannot be run: {problem}"
    yield from _tampering(case, report)
    mended = report.mended(targets)
    if open_targets := sorted(targets - mended):
        case.tests = TestDelta(fixed=tuple(sorted(mended)), still_red=tuple(open_targets))
        case.passed = report.passed | mended
        yield State.REJECTED, f"still red: {_few(open_targets)}"


def _tampering(case: _Case, report: TestReport) -> Iterator[tuple[State, str]]:
    if added := sorted(set(report.tampered) - set(case.baseline.report.tampered)):
        yield State.REJECTED, f"the patch changes the test runner while it runs: {_few(added)}"


def _checkers(case: _Case) -> Iterator[tuple[State, str]]:
    for part, before in case.baseline.findings.items():
        after = look(before.check, case.copy, case.patch.files)
        case.deltas[part] = delta(before, after) or case.deltas.get(part)
        if note := after.note or before.note:
            case.notes.append(note)
    types = case.deltas.get("types")
    if types and types.new:
        yield State.REJECTED, f"{types.tool} finds something new: {_few(types.new)}"


def _everything(case: _Case) -> Iterator[tuple[State, str]]:
    """The whole trial in a fresh process: per id, nothing that passed may be lost."""
    baseline = case.baseline
    report = case.observe((), cold=True, stop_at_first=False)
    lost = sorted(baseline.passing - report.passed)
    mended = report.mended(baseline.targets)
    case.passed = report.passed | mended
    still_red = sorted(baseline.targets - mended)
    case.tests = TestDelta(
        fixed=tuple(sorted(mended)),
        still_red=tuple(still_red),
        lost=tuple(lost),
        kept=len(baseline.passing & report.passed),
        unstable=tuple(sorted(baseline.unstable)),
    )
    if report.problem:
        yield State.REJECTED, f"with the patch the whole run fails: {report.problem}"
    yield from _tampering(case, report)
    if still_red:
        yield State.UNVERIFIED, f"green at first, red in a fresh process: {_few(still_red)}"
    if lost:
        yield State.REJECTED, f"no longer passing: {_few(lost)}"
    if report.foreign:
        yield State.UNVERIFIED, f"the copy was not what was tested: {_few(report.foreign)}"
    case.used = frozenset(report.modules.values())
    wanted = {path for path, data in case.patch.files.items() if path.endswith(".py") and data is not None}
    case.canary = bool(wanted) and wanted <= case.used


def _canary(case: _Case) -> Iterator[tuple[State, str]]:
    """When the imports do not show it, spoil what was patched: the targets must turn red, else something else ran."""
    if case.canary or isinstance(case.baseline.trial, CommandTrial):  # a linter may not mind: see `_chance`
        return
    files = sabotage(case.patch)
    report = observe(case.baseline.trial, case.copy, files, ids=case.baseline.targets, stop_at_first=True)
    case.canary = report.mended(case.baseline.targets) != case.baseline.targets
    case.runs.append(
        f"spoiled on purpose: {'red' if case.canary else 'still green'}, as it must {'' if case.canary else 'not '}be"
    )
    if not case.canary:
        yield (
            State.UNVERIFIED,
            "the tests pass even when the patched files are spoiled, so they prove nothing about them",
        )


def _chance(case: _Case) -> Iterator[tuple[State, str]]:
    """Without and with the patch again, in turn: a test that is red or green as it likes proves nothing."""
    targets = ids = case.baseline.targets
    for number in range(_AGAIN if case.quick else 1):
        trial = case.baseline.trial
        if isinstance(trial, TestRun):
            trial = replace(trial, seed=trial.seed + number + 1)
        by_chance = sorted(observe(trial, case.copy, ids=ids).mended(targets))
        if by_chance and ids and isinstance(trial, TestRun):  # it may be red only behind other tests
            ids = frozenset()
            by_chance = sorted(observe(trial, case.copy).mended(targets))
        if by_chance:
            yield State.UNVERIFIED, f"green without the patch too, when it was run again: {_few(by_chance)}"
            return
        after = observe(trial, case.copy, case.patch.files, ids=ids).mended(targets)
        if again_red := sorted(targets - after):
            yield State.UNVERIFIED, f"green at first, red when it was run again: {_few(again_red)}"
            return
    case.canary = True  # red without and green with it, in turn: what ran was the patched copy


def _freshness(case: _Case) -> Iterator[tuple[State, str]]:
    """What was edited meanwhile counts when the patch or the tests have to do with it."""
    stale = case.copy.stale()
    if touched := sorted(set(stale) & (case.patch.files.keys() | case.used)):
        yield State.UNVERIFIED, f"the repository was edited meanwhile: {_few(touched)}"
    if stale:
        case.notes.append(f"edited meanwhile, and not looked at: {_few(stale)}")


def _proof(case: _Case) -> str:
    fixed, kept = len(case.tests.fixed), case.tests.kept
    text = f"{fixed} test{'s' * (fixed != 1)} red before and green after, {kept} kept, none lost"
    if isinstance(case.baseline.trial, CommandTrial):
        read = len(case.baseline.report.results) - 1
        source = (
            f"{read} test{'s' * (read != 1)} read from the output, and the exit code" if read else "the exit code alone"
        )
        text += f"; weaker evidence: {source} of the command, which the code under test could forge"
    lint = case.deltas.get("lint")
    if lint and lint.new:
        text += f"; but {lint.tool} finds something new: {_few(lint.new)}"
    return "; ".join((text, *case.notes))


def _few(names: Collection[str]) -> str:
    shown_names = list(names)[:_SHOWN]
    more = len(names) - len(shown_names)
    return ", ".join(shown_names) + (f" and {more} more" if more else "")


def _verdict(case: _Case, state: State, reason: str, tier: str, commit: str | None) -> Verdict:
    score = Score(_parts(case))
    return Verdict(
        state=state,
        reason=reason,
        score=score.value,
        parts=score.parts,
        tests=case.tests,
        types=case.deltas.get("types"),
        lint=case.deltas.get("lint"),
        evidence=Evidence(
            command=shown(case.baseline.trial),
            base=commit,
            digest=_digest(case, state),
            tier=tier,
            canary=case.canary,
            runs=tuple(case.runs),
            seconds=time.monotonic() - case.started,
        ),
    )


def _parts(case: _Case) -> Mapping[str, float | None]:
    relevant = case.baseline.targets | case.baseline.passing
    tests = len(relevant & case.passed) / len(relevant) if relevant else None
    return {"tests": tests, **{part: _clean(case.deltas.get(part)) for part in ("types", "lint")}}


def _clean(change: CheckDelta | None) -> float | None:
    return None if change is None else cleanliness(len(change.new))


def _digest(case: _Case, state: State) -> str:
    """What the verdict stands on; the same patch on the same base with the same results has the same digest."""
    base = {path: case.patch.base.text(path) for path in sorted(case.patch.files)}
    facts = (base, case.patch.diff, state.value, sorted(case.baseline.targets), sorted(case.baseline.passing),
             sorted(case.passed))  # fmt: skip
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
