"""One candidate at a time, on the tests that matter: the red ones, and the green ones that it could break."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Copy, TestReport, TestRun
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.trials.trial import Trial, gain

_QUICK = 1.0
"""Seconds that all targets and guards may take together to be run at once."""


@dataclass(frozen=True, slots=True)
class Jury:
    """The tests, and the limits within which they run."""

    run: TestRun
    targets: tuple[str, ...]
    """Red ids that shall pass; a file that could not be collected may be among them."""
    guards: tuple[str, ...]
    """Green ids that must still pass."""
    quick: bool
    """Whether all of them are so fast that no order matters."""
    errors: Mapping[str, str]
    """The class of the error with which each target fails on the base."""

    def trial(self, patch: Patch, copy: Copy) -> Trial:
        """Try a candidate; targets first, guards only when a target was mended."""
        files = patch.files
        first = self.targets if self.quick else self.targets[:1]
        report = copy.test(replace(self.run, ids=first, stop_at_first=not self.quick), files)
        fixed = report.mended(first)
        rest = self.targets[len(first) :]
        if fixed and rest:
            more = copy.test(replace(self.run, ids=rest), files)
            fixed |= more.mended(rest)
        if not fixed:
            return Trial(patch, fixed, gain(fixed, 0, len(self.targets), self._changed(report)))
        whole = len(fixed) == len(self.targets)
        lost = self._lost(patch, copy, stop=whole and not self.quick)
        return Trial(patch, fixed, gain(fixed, lost, len(self.targets)))

    def _lost(self, patch: Patch, copy: Copy, *, stop: bool) -> int:
        if not self.guards:
            return 0
        report = copy.test(replace(self.run, ids=self.guards, stop_at_first=stop), patch.files)
        return len(frozenset(self.guards) - report.passed)

    def _changed(self, report: TestReport) -> int:
        """How many targets now fail with another kind of error than on the base."""
        after = {name: error_class(report.results[name].message) for name in report.red}
        return sum(bool(error) and error != self.errors.get(name, error) for name, error in after.items())


def jury(
    evidence: Evidence,
    suspects: tuple[Suspect, ...],
    run: TestRun,
    *,
    seconds: Mapping[str, float],
    messages: Mapping[str, str],
) -> Jury:
    """Choose guards and limits from what the base run took."""
    guards = _guards(evidence, suspects, seconds)
    slowest = max((seconds.get(name, 0.0) for name in guards), default=0.0)
    per_test = min(10.0, max(0.4, 6 * slowest))
    targets = tuple(sorted(evidence.red, key=lambda name: (seconds.get(name, 0.0), name)))
    known = sum(min(seconds.get(name, 0.0), per_test) for name in (*targets, *guards))
    limited = replace(run, per_test=per_test, timeout=5.0 + 2 * per_test + 3 * known, trace=False, cold=False)
    errors = {name: error_class(text) for name, text in messages.items()}
    return Jury(limited, targets, guards, quick=known < _QUICK, errors=errors)


def error_class(message: str) -> str:
    """The class of the exception that a failure's text is about; empty when it does not say."""
    lines = [line[2:].strip() for line in message.splitlines() if line.startswith("E ")]
    head = lines[0] if lines else ""
    name = head.partition(":")[0]
    if name.replace(".", "").isalnum() and head != name:
        return name
    return "AssertionError" if head.startswith("assert ") else ""


def _guards(evidence: Evidence, suspects: tuple[Suspect, ...], seconds: Mapping[str, float]) -> tuple[str, ...]:
    """Passing tests that run a suspect file, quick ones first, as many as fit into a second."""
    suspected = {suspect.file for suspect in suspects}
    green = [n for n in evidence.green if n not in evidence.lines or not suspected.isdisjoint(evidence.lines[n])]
    chosen: list[str] = []
    spent = 0.0
    for name in sorted(green, key=lambda name: (seconds.get(name, 0.0), name))[:200]:
        spent += seconds.get(name, 0.0)
        if spent > _QUICK and chosen:
            break
        chosen.append(name)
    return tuple(chosen)
