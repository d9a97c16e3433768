"""Causes by experiment: as a record, and in words for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from dspy_ci.causes.cause import Label, Tally
from dspy_ci.causes.manner import told
from dspy_ci.causes.triage import Suspense, Verdicts
from dspy_ci.ports.sandbox import Guarantees, TestResult
from dspy_ci.reports.records import Record
from dspy_ci.reports.styled import Style, Styled
from dspy_ci.reports.words import headline, number

NAMES: dict[Label, str] = {
    "change": "caused by this change",
    "pre-existing": "pre-existing",
    "flaky": "flaky",
    "environment": "environment",
    "unreproduced": "not reproduced",
}
_STYLES: dict[Label, Style] = {"change": "bad", "unreproduced": "bad"}


@dataclass(frozen=True, slots=True)
class TriageReport:
    """The verdicts, and what they are about."""

    verdicts: Verdicts
    base: str
    command: str
    guarantees: Guarantees
    missing: tuple[str, ...] = ()
    """Tests that a log names and that do not exist here."""

    @property
    def summary(self) -> str:
        """How many failures there are of each cause."""
        if self.verdicts.problem:
            return f"Nothing can be said: {self.verdicts.problem}."
        if not self.verdicts.found:
            return f"Nothing is red: {number(self.verdicts.green, 'test')} passed."
        labels = Counter(one.cause.label for one in self.verdicts.found if one.cause)
        parts = ", ".join(f"{labels[label]} {name}" for label, name in NAMES.items() if labels[label])
        return f"{number(len(self.verdicts.found), 'failure')}: {parts}."


def triage_record(report: TriageReport) -> Record:
    """The whole of `triage --format json`."""
    verdicts = report.verdicts
    return {
        "schema": "dspy-ci/triage/1",
        "summary": report.summary,
        "base": report.base,
        "command": report.command,
        "failures": [_record(one, report) for one in verdicts.found],
        "missing": list(report.missing),
        "passed": verdicts.green,
        "complete": verdicts.complete,
        "problem": verdicts.problem,
        "runs": verdicts.runs,
        "remembered": verdicts.remembered,
        "elapsed_s": round(verdicts.seconds, 3),
        "sandbox": asdict(report.guarantees),
    }


def _record(one: Suspense, report: TriageReport) -> Record:
    cause = one.cause
    rate = cause.rate if cause else None
    return {
        "test_id": one.test,
        "cause": cause.label if cause else None,
        "why": cause.why if cause else None,
        "p": round(rate.estimate, 3) if rate else None,
        "p_interval": [round(rate.low, 3), round(rate.high, 3)] if rate else None,
        "message": _said(one),
        "fingerprint": one.manner.fingerprint if one.manner else None,
        "new_test": one.new,
        "points_outside": one.outside,
        "evidence": {
            "head": _counts(one.head),
            "base": _counts(one.base),
            "command": _command(one, report),
            "base_commit": report.base,
            "tier": report.guarantees.tier,
        },
    }


def _counts(tally: Tally) -> Record:
    return {"runs": tally.runs, "failed_so": tally.same, "failed_otherwise": tally.other}


def triage_text(report: TriageReport) -> Iterator[Styled]:
    """The report, line by line: the sum, each failure with its cause and the counts, what it cost."""
    verdicts = report.verdicts
    yield Styled(report.summary, "good" if not verdicts.found and not verdicts.problem else "bad")
    for one in verdicts.found:
        yield Styled("")
        yield from _failure(one, report)
    for name in report.missing:
        yield Styled(f"the log names {name}, which does not exist here", "faint")
    yield Styled("")
    if not verdicts.complete:
        yield Styled("The budget was over before every count was sure; in doubt the change is blamed.", "faint")
    remembered = f", {verdicts.remembered} more were remembered" if verdicts.remembered else ""
    yield Styled(f"{number(verdicts.runs, 'run')} in {verdicts.seconds:.1f} s{remembered}", "faint")
    yield Styled(f"base {report.base[:12]}; sandbox {report.guarantees.tier} ({report.guarantees.name})", "faint")


def _failure(one: Suspense, report: TriageReport) -> Iterator[Styled]:
    cause = one.cause
    if cause is None:
        return
    rate = cause.rate
    known = f", p = {rate.estimate:.2f} ({rate.low:.2f} to {rate.high:.2f})" if rate and cause.label == "flaky" else ""
    yield Styled(f"{NAMES[cause.label]}{known}  {one.test}", _STYLES.get(cause.label, "head"))
    yield Styled(f"  {_said(one)}")
    yield Styled(f"  {cause.why}")
    if one.new:
        yield Styled("  the base does not have this test")
    yield Styled(f"  head {_shown(one.head)}; base {_shown(one.base)}; ran {_command(one, report)}", "faint")


def _shown(tally: Tally) -> str:
    other = f", {tally.other} failed otherwise" if tally.other else ""
    return f"{tally.same} of {tally.runs} failed so{other}"


def _command(one: Suspense, report: TriageReport) -> str:
    return report.command if one.is_command else f"{report.command} {one.test!r}"


def _said(one: Suspense) -> str:
    if one.manner is None:
        return "passes here"
    return headline(told(one.test, TestResult("failed", message=one.message)))
