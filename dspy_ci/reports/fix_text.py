"""A mending run in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.proposal import Proposal
from dspy_ci.reports.fix import FixReport, FixStatus, Offer
from dspy_ci.reports.styled import Style, Styled
from dspy_ci.reports.words import headline, used
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.verdicts.verdict import CheckDelta, Verdict

_VERDICT_STYLE: dict[FixStatus, Style] = {"green": "good", "fixed": "good", "unfixed": "bad", "error": "bad"}
_DIFF_STYLE: dict[str, Style] = {"+": "added", "-": "removed", "@": "place"}
_MOST_FAILURES = 5
_MOST_SUSPECTS = 20


def fix_text(report: FixReport, *, ranking: bool = False) -> Iterator[Styled]:
    """The report, line by line: verdict, root cause, patch with its proof, what was tried; with the whole ranking."""
    yield Styled(report.summary, _VERDICT_STYLE[report.status])
    if report.failures:
        yield Styled("")
        yield from _causes(report.failures)
    for number, offer in enumerate(report.offers, 1):
        yield Styled("")
        yield from offered(offer, number, len(report.offers))
    for proposal in report.proposals:
        yield Styled("")
        yield from _proposed(proposal)
    if report.status in {"fixed", "unfixed"}:
        yield Styled("")
        yield from _tried(report)
    if ranking:
        yield Styled("")
        yield from _ranking(report.suspects)
    if report.model and report.usage:
        yield Styled(f"model {report.model}: {used(report.usage)}", "faint")
    for note in report.notes:
        yield Styled(f"note: {note}", "faint")


def _causes(failures: tuple[Failure, ...]) -> Iterator[Styled]:
    yield Styled("What is red", "head")
    for failure in failures[:_MOST_FAILURES]:
        place = f"{failure.file}:{failure.line}" if failure.file and failure.line else failure.file or failure.tool
        yield Styled(f"  {place}  {headline(failure)}", "bad")
        if failure.test_id:
            yield Styled(f"    in {failure.test_id}", "faint")
    if len(failures) > _MOST_FAILURES:
        yield Styled(f"  and {len(failures) - _MOST_FAILURES} more", "faint")


def offered(offer: Offer, number: int, count: int) -> Iterator[Styled]:
    """A patch with its diff and its proof."""
    patch, verdict = offer.patch, offer.verdict
    kind = "Patch" if verdict.verified else "Diagnosis (not proved)"
    which = f" {number} of {count}" if count > 1 else ""
    yield Styled(f"{kind}{which}  {patch.id}  {verdict.state.value}, {'safe' if patch.safe else 'unsafe'}", "head")
    yield Styled(f"  {patch.rationale} ({patch.origin})")
    for line in patch.diff.splitlines():
        style: Style = "plain" if line.startswith(("+++", "---")) else _DIFF_STYLE.get(line[:1], "plain")
        yield Styled(f"  {line}", style)
    yield from _proof(verdict)
    for note in offer.notes:
        yield Styled(f"  {note}", "faint")


def _ranking(suspects: Sequence[Suspect]) -> Iterator[Styled]:
    """Where the search looked first, and what every kind of evidence said about it."""
    yield Styled("Where the cause was looked for", "head")
    for place, suspect in enumerate(suspects[:_MOST_SUSPECTS], 1):
        lines = f"{suspect.start}" if suspect.start == suspect.end else f"{suspect.start}-{suspect.end}"
        symbol = f" in {suspect.symbol}" if suspect.symbol else ""
        yield Styled(f"  {place:>3}  {suspect.score:.2f}  {suspect.file}:{lines}{symbol}", "place")
        yield from (Styled(f"             {why}", "faint") for why in suspect.why)
    if len(suspects) > _MOST_SUSPECTS:
        yield Styled(f"  and {len(suspects) - _MOST_SUSPECTS} more", "faint")


def _proposed(proposal: Proposal) -> Iterator[Styled]:
    yield Styled("Proposed, not proved", "head")
    yield Styled(f"  {proposal.text}")
    if proposal.command:
        yield Styled(f"    {proposal.command}")
    for line in (proposal.diff or "").splitlines():
        style: Style = "plain" if line.startswith(("+++", "---")) else _DIFF_STYLE.get(line[:1], "plain")
        yield Styled(f"  {line}", style)


def _proof(verdict: Verdict) -> Iterator[Styled]:
    yield Styled("  Proof" if verdict.verified else "  What is known", "head")
    yield Styled(f"    {verdict.reason}")
    tests = verdict.tests
    yield Styled(
        f"    tests  {len(tests.fixed)} red before and passed after, {tests.kept} passed before and after, "
        f"{len(tests.lost)} lost"
    )
    for name, delta in (("types", verdict.types), ("lint", verdict.lint)):
        yield Styled(f"    {name:<6} {_check(delta)}")
    if verdict.score is not None:
        parts = ", ".join(f"{name} {value:g}" for name, value in verdict.parts.items() if value is not None)
        yield Styled(f"    score  {verdict.score:g} ({parts})")
    if evidence := verdict.evidence:
        yield Styled(f"    ran    {evidence.command} (sandbox {evidence.tier})", "faint")


def _check(delta: CheckDelta | None) -> str:
    if delta is None:
        return "no tool is configured; its weight is shared out"
    return f"{delta.tool}: {len(delta.new)} new, {len(delta.fixed)} fixed"


def _tried(report: FixReport) -> Iterator[Styled]:
    yield Styled(f"{report.tried} candidates tried in {report.seconds:.1f} s", "faint")
    for suspect in report.suspects[:3]:
        symbol = f" {suspect.symbol}" if suspect.symbol else ""
        why = f": {'; '.join(suspect.why)}" if suspect.why else ""
        yield Styled(f"  suspected {suspect.file}:{suspect.start}{symbol}{why}", "faint")
    if guarantees := report.guarantees:
        yield Styled(
            f"sandbox {guarantees.tier} ({guarantees.name}): files {guarantees.files}, network {guarantees.network}",
            "faint",
        )
