"""The page about a red run: verdict, root cause with its log, patch with its proof, the rest, what was tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dspy_ci.reports.bundle import Bundle, Finding, Proposal
from dspy_ci.reports.markdown import code, fence, folded, prose, within
from dspy_ci.reports.remarks import title, whose
from dspy_ci.reports.words import number
from dspy_ci.verdicts.verdict import CheckDelta

COMMENT = 65_000
"""Characters of one comment, a little below what GitHub takes."""
STEP = 1_000_000
"""Bytes of one job summary: above a mebibyte GitHub drops the whole of it."""
ARTIFACT = "dspy-ci-bundle"
_ROOTS = 5
_EXCERPT = 40
_NAMED = 100
_SIGNS = {"green": "✅", "fixed": "✅", "unfixed": "❌", "error": "⚠️"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the page needs to know of where it is shown."""

    run_url: str = ""
    head_sha: str = ""
    inline: bool = False
    """Whether the patch stands as suggestions in the diff."""
    notes: tuple[str, ...] = ()
    """What the delivery has to say."""


def comment(bundle: Bundle, around: Surroundings) -> str:
    """The page as a comment on the pull request."""
    return within("\n".join(_page(bundle, around)), COMMENT, where="the summary of the job")


def job_summary(bundle: Bundle, around: Surroundings) -> str:
    """The page as the summary of the job."""
    text = "\n".join(_page(bundle, around))
    limit = STEP
    while len((cut := within(text, limit, where=f"the artifact `{ARTIFACT}`")).encode()) > STEP:
        limit = limit * 3 // 4
    return f"{cut}\n"


def verdict(bundle: Bundle) -> str:
    """The first line: what it comes to, whose doing it is, in plain words."""
    if bundle.status != "unfixed" or not bundle.findings:
        return bundle.summary or "Nothing could be found out."
    ours, foreign = _parted(bundle.findings)
    if not ours:
        return f"Not caused by this change: {_causes(foreign)}."
    more = f"; besides, not caused by this change: {_causes(foreign)}" if foreign else ""
    return f"Not mended: {number(len(ours) + bundle.left_out, 'failure')}, and no patch was proved{more}."


def _parted(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """What the change may have caused, and what it did not."""
    return [one for one in findings if not one.foreign], [one for one in findings if one.foreign]


def _causes(findings: Sequence[Finding]) -> str:
    names = {"pre-existing": "red without it too", "flaky": "flaky", "environment": "due to the environment"}
    counts = {name: sum(one.cause == name for one in findings) for name in names}
    return ", ".join(f"{number(count, 'failure')} {names[name]}" for name, count in counts.items() if count)


def _page(bundle: Bundle, around: Surroundings) -> Iterator[str]:
    yield f"### {_SIGNS[bundle.status]} {prose(verdict(bundle))}"
    yield ""
    mine, foreign = _parted(bundle.findings)
    yield from _roots(mine)
    if best := bundle.best:
        yield from _patch(best, bundle, around)
    yield from _foreign(foreign)
    for note in (*around.notes, *bundle.notes):
        yield f"- Note: {prose(note)}"
    yield ""
    yield from _others(mine, bundle)
    yield from _tried(bundle)
    yield from _foot(bundle, around)


def _roots(findings: Sequence[Finding]) -> Iterator[str]:
    """The root causes, each with its log."""
    roots = [one for one in findings if one.root] or list(findings[:1])
    if not roots:
        return
    yield "#### Root cause" if len(roots) == 1 else f"#### {number(len(roots), 'root cause')}"
    for one in roots[:_ROOTS]:
        yield ""
        yield from _finding(one)
    if len(roots) > _ROOTS:
        yield ""
        yield f"and {len(roots) - _ROOTS} more, below."
    yield ""


def _finding(one: Finding) -> Iterator[str]:
    failure = one.failure
    place = f" at {code(f'{failure.file}:{failure.line}' if failure.line else failure.file)}" if failure.file else ""
    more = f" ({number(one.count, 'time')})" if one.count > 1 else ""
    yield f"{title(one)}{place}{more}"
    if one.cause:
        yield ""
        yield whose(one)
    excerpt = "\n".join((one.excerpt or failure.message).split("\n")[:_EXCERPT])
    if excerpt.strip():
        yield ""
        yield fence(excerpt, "text")


def _patch(best: Proposal, bundle: Bundle, around: Surroundings) -> Iterator[str]:
    yield "#### Verified patch"
    yield ""
    yield prose(best.rationale)
    yield ""
    yield fence(best.diff, "diff")
    yield ""
    yield from _proof(best, bundle)
    yield ""
    if around.inline:
        yield "Commit it from the suggestions in the diff, or take all of it:"
    else:
        yield "To take it:"
    yield ""
    yield fence("\n".join(take(best, bundle)), "sh")
    for note in best.notes:
        yield f"- {prose(note)}"
    yield ""


def take(best: Proposal, bundle: Bundle) -> Iterator[str]:
    """The commands that bring a patch of the artifact into a working tree."""
    run = bundle.target.run_id
    if run:
        yield f"gh run download {run} -n {ARTIFACT} -D {ARTIFACT}"
    yield f"git apply {ARTIFACT}/{best.id}.patch        # or: dspy-ci apply --bundle {ARTIFACT}/bundle.json"


def _proof(best: Proposal, bundle: Bundle) -> Iterator[str]:
    proof, tests = best.proof, best.proof.tests
    yield "**Proof**"
    yield ""
    yield f"- {number(len(tests.fixed), 'test')} red before and passed after: {_ids(tests.fixed)}"
    yield f"- {tests.kept} passed before and after, {len(tests.lost)} lost"
    for name, delta in (("types", proof.types), ("lint", proof.lint)):
        yield f"- {name}: {_check(delta)}"
    if proof.score is not None:
        yield f"- score {proof.score:g} of 1"
    if proof.command:
        tier = f", sandbox tier {code(proof.tier)}" if proof.tier else ""
        yield f"- ran {code(proof.command)}{tier}" + (f" on {code(proof.base[:12])}" if proof.base else "")
    if bundle.sandbox and bundle.sandbox.network:
        yield f"- sandbox: files {prose(bundle.sandbox.files)}, network {prose(bundle.sandbox.network)}"


def _ids(ids: Iterable[str]) -> str:
    shown = [code(name) for name in ids]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")


def _check(delta: CheckDelta | None) -> str:
    if delta is None:
        return "no tool is configured"
    return f"{code(delta.tool)}, {len(delta.new)} new, {len(delta.fixed)} fixed"


def _foreign(findings: Sequence[Finding]) -> Iterator[str]:
    """What is red and not this change's doing."""
    if not findings:
        return
    yield "#### Not caused by this change"
    yield ""
    for one in findings[:_NAMED]:
        yield f"- {title(one)}. {whose(one)}"
    if len(findings) > _NAMED:
        yield f"- and {len(findings) - _NAMED} more in the artifact"
    yield ""


def _others(findings: Sequence[Finding], bundle: Bundle) -> Iterator[str]:
    """Every other failure by name, folded."""
    roots = [one for one in findings if one.root] or list(findings[:1])
    shown = {one.key for one in roots[:_ROOTS]}
    rest = [one for one in findings if one.key not in shown]
    if not rest and not bundle.left_out:
        return
    lines = [f"- {title(one)}" + (f" at {code(one.failure.file)}" if one.failure.file else "") for one in rest]
    if bundle.left_out:
        lines.append(f"- and {bundle.left_out} more that are not listed")
    yield folded(f"Everything else that is red ({len(rest) + bundle.left_out})", "\n".join(lines))
    yield ""


def _tried(bundle: Bundle) -> Iterator[str]:
    """What was tried, folded."""
    lines = [f"- {prose(bundle.summary)}"] if bundle.summary and bundle.summary != verdict(bundle) else []
    lines += [f"- {number(bundle.tried, 'candidate')} tried in {bundle.seconds:.0f} s"]
    lines += [f"- tests: {code(bundle.command)}"] if bundle.command else []
    lines += [f"- suspected: {code(place)}" for place in bundle.suspects[:5]]
    lines += [_other(one) for one in bundle.proposals if one is not bundle.best]
    if bundle.sandbox:
        lines.append(f"- sandbox tier {code(bundle.sandbox.tier)} ({prose(bundle.sandbox.name)})")
    else:
        lines.append("- nothing was run")
    if bundle.model:
        lines.append(f"- model {code(bundle.model)}, {bundle.cost:.2f} USD")
    yield folded("What was tried", "\n".join(lines))
    yield ""


def _other(proposal: Proposal) -> str:
    kind = "another verified patch" if proposal.verified else "not proved"
    return f"- {kind}: {prose(proposal.rationale)} ({prose(proposal.proof.reason)})"


def _foot(bundle: Bundle, around: Surroundings) -> Iterator[str]:
    sha = around.head_sha or bundle.target.head_sha
    run = f" · [run]({around.run_url})" if around.run_url else ""
    yield f"<sub>dspy-ci on {code(sha[:12])}{run}</sub>"
