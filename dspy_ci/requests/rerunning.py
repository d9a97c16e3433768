"""Whether running failed jobs again would help: as an experiment saw it, or where there was none, as logs have it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from dspy_ci.failures.failure import Failure
from dspy_ci.failures.rerun import Rerun, overall, rerun, together
from dspy_ci.reports.bundle import Finding


def again(failures: Sequence[Failure], changed: Collection[str], seen: Iterable[Finding] = ()) -> Rerun:
    """What another run would bring for these root causes; `seen` are findings that an experiment has judged."""
    judged: dict[str | None, Finding] = {one.failure.test_id: one for one in seen if one.failure.test_id and one.cause}
    if not any(failure.test_id in judged for failure in failures):
        return overall(failures, changed)
    each = (_seen(judged.get(failure.test_id), failure, changed) for failure in failures)
    return together(tuple(each))


def _seen(finding: Finding | None, failure: Failure, changed: Collection[str]) -> Rerun:
    why = f"run here, it {finding.why}" if finding else ""
    if finding is None:
        return rerun(failure, changed)
    if finding.cause in {"change", "pre-existing"}:
        return Rerun("deterministic", why)
    return Rerun("infrastructure" if finding.cause == "environment" else "likely_flaky", why)
