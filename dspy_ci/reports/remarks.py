"""What stands at a line of a pull request: a suggestion with its proof, or a diagnosis; and the notes of a check."""

from __future__ import annotations

from collections.abc import Sequence

from dspy_ci.causes.cause import Label
from dspy_ci.reports.bundle import Finding, Proof, Proposal, Sandbox
from dspy_ci.reports.markdown import code, fence, prose, visible
from dspy_ci.reports.markdown import suggestion as suggested
from dspy_ci.reports.words import headline, number

WHOSE: dict[Label, str] = {
    "change": "caused by this change",
    "pre-existing": "red without this change too",
    "flaky": "flaky: it fails now and then, with this change and without it",
    "environment": "the machine's doing, not the code's",
    "unreproduced": "not seen again when the tests were run here",
}
_EXCERPT = 30


def suggestion(
    text: str, best: Proposal, mended: Sequence[Finding], *, part: tuple[int, int], sandbox: Sandbox | None
) -> str:
    """A committable suggestion: what it mends, the lines, the proof."""
    which, count = part
    together = (
        f"\n\n**Part {which} of {count}** of one patch. It was proved as a whole: add all parts to one batch and commit"
        " them together."
        if count > 1
        else ""
    )
    where = f" Sandbox tier {code(sandbox.tier)}." if sandbox else ""
    return (
        f"**Verified fix** for {_tests(best, mended)}: {prose(best.rationale)}\n\n{suggested(text)}\n\n"
        f"{_proof(best.proof)}{where}{together}"
    )


def patch(best: Proposal, mended: Sequence[Finding], *, why: str) -> str:
    """A verified patch that cannot be committed from here, with its diff and the reason."""
    reason = f"It is no suggestion to commit: {prose(why)}.\n\n" if why else ""
    return (
        f"**Verified fix** for {_tests(best, mended)}: {prose(best.rationale)}\n\n{fence(best.diff, 'diff')}\n\n"
        f"{reason}{_proof(best.proof)}"
    )


def diagnosis(finding: Finding) -> str:
    """What is wrong here, without a fix."""
    failure = finding.failure
    lines = [f"**Diagnosis, no proved fix**: {title(finding)}"]
    if finding.cause:
        lines += ["", whose(finding)]
    excerpt = "\n".join((finding.excerpt or failure.message).split("\n")[:_EXCERPT])
    return "\n".join([*lines, "", fence(excerpt, "text")])


def whose(finding: Finding) -> str:
    """Whose doing it is and why we say so; empty where no experiment was made."""
    if finding.cause is None:
        return ""
    often = f", about {finding.chance:.0%} of the time" if finding.chance and finding.cause == "flaky" else ""
    why = f": it {prose(finding.why.rstrip('. '))}" if finding.why else ""
    return f"It is {WHOSE[finding.cause]}{often}{why}."


def title(finding: Finding) -> str:
    """The failure in one neutral line."""
    failure = finding.failure
    what = code(failure.test_id) if failure.test_id else f"{prose(failure.tool)} {failure.kind}"
    return f"{what}: {code(headline(failure))}"


def plain_title(finding: Finding) -> str:
    """The same as plain text."""
    failure = finding.failure
    return " ".join(visible(failure.test_id or f"{failure.tool} {failure.kind}").split())[:200]


def patch_note(best: Proposal) -> str:
    """A verified patch as the plain text of an annotation."""
    return visible(f"{best.rationale}\n{_plain_proof(best.proof)}\nThe patch is in the summary of the job.")[:4000]


def finding_note(finding: Finding) -> str:
    """A failure as the plain text of an annotation."""
    return visible(finding.failure.message)[:4000] or "no message"


def _tests(best: Proposal, mended: Sequence[Finding]) -> str:
    fixed = best.proof.tests.fixed
    named = [one.failure.test_id for one in mended if one.failure.test_id] or list(fixed)
    if len(named) == 1:
        return code(named[0])
    return number(len(fixed), "failing test")


def _proof(proof: Proof) -> str:
    tests = proof.tests
    score = f" Score {proof.score:g}." if proof.score is not None else ""
    return (
        f"Proof: {number(len(tests.fixed), 'test')} red before and passed after, {tests.kept} passed before and after, "
        f"{len(tests.lost)} lost.{score}" + (f" Ran {code(proof.command)}." if proof.command else "")
    )


def _plain_proof(proof: Proof) -> str:
    tests = proof.tests
    return f"{len(tests.fixed)} red before and passed after, {tests.kept} kept, {len(tests.lost)} lost."
