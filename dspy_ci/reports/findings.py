"""Findings: what the logs name, and what an experiment says about each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dspy_ci.causes.manner import told
from dspy_ci.causes.triage import Suspense
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.sandbox import TestResult
from dspy_ci.reports.bundle import Finding
from dspy_ci.reports.facts import Facts, JobFacts


def found_in(facts: Facts) -> tuple[Finding, ...]:
    """Every failure of the logs once, root causes first; equal ones of several jobs are counted together."""
    found: dict[str, Finding] = {}
    for job in facts.jobs:
        for finding in _of_job(job):
            known = found.get(finding.key)
            found[finding.key] = replace(known, count=known.count + 1) if known else finding
    return tuple(sorted(found.values(), key=lambda one: not one.root))


def _of_job(job: JobFacts) -> Iterator[Finding]:
    excerpts = {one.fingerprint: one.text for one in job.excerpts}
    first: set[str] = set()
    for failure in job.failures:
        if failure.suppressed_by is not None:
            continue
        print_ = failure.fingerprint
        root = print_ in job.roots and print_ not in first
        first.add(print_)
        yield Finding(
            replace(failure, job=failure.job or job.name), root, excerpt=excerpts.get(print_, "") if root else "",
            url=job.url,
        )  # fmt: skip


def judged(findings: Sequence[Finding], suspects: Iterable[Suspense]) -> tuple[Finding, ...]:
    """The findings with their causes; what only the experiment saw comes after them."""
    by_test = {one.test: one for one in suspects}
    seen = {one.failure.test_id for one in findings}
    known = [_with(one, by_test.get(one.failure.test_id or "")) for one in findings]
    more = [_with(Finding(_failure(one), root=True), one) for test, one in by_test.items() if test not in seen]
    return tuple(sorted((*known, *more), key=lambda one: (not one.root, one.foreign)))


def _with(finding: Finding, suspect: Suspense | None) -> Finding:
    if suspect is None or suspect.cause is None:
        return finding
    cause = suspect.cause
    chance = round(cause.rate.estimate, 3) if cause.rate else None
    return replace(finding, cause=cause.label, why=cause.why, chance=chance)


def _failure(suspect: Suspense) -> Failure:
    """A failure that no log named."""
    seen: Failure = told(suspect.test, TestResult("failed", message=suspect.message))
    if seen.frames:
        top = seen.frames[-1]
        return replace(seen, file=top.file, line=top.line)
    return replace(seen, file=None if suspect.is_command else suspect.test.partition("::")[0])
