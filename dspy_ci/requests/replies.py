"""What people read under their command: short, in plain words, with everything foreign made harmless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dspy_ci.failures.failure import Failure
from dspy_ci.failures.plan import plan
from dspy_ci.failures.rerun import Rerun, overall, rerun
from dspy_ci.reports.bundle import Bundle, Proposal
from dspy_ci.reports.facts import Facts
from dspy_ci.reports.markdown import code, fence, folded, prose, within
from dspy_ci.requests.said import Said
from dspy_ci.requests.verbs import VERBS

LONGEST = 60_000
"""Characters; the forge takes a few more."""
_ROOTS = 5
_EXCERPT = 3000


def addressed(said: Said, verb: str, text: str) -> str:
    """The whole answer: whom it is for, and the text within what the forge takes."""
    asked = f"[{said.author.login}'s {code('/dspy ' + verb) if verb else 'command'}](#issuecomment-{said.comment})"
    return within(f"_In answer to {asked}_\n\n{text.strip()}\n", LONGEST, where="the log of this job")


def help_text() -> str:
    """All commands."""
    rows = "\n".join(f"| `/dspy {verb.usage}` | {verb.help} |" for verb in VERBS.values())
    return (
        "A command is the first line of a new comment, by somebody with write access.\n\n"
        f"| command | what I do |\n| --- | --- |\n{rows}"
    )


def sentence(text: str) -> str:
    """Our own words as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '`', '?')) else '.'}"


def roots(facts: Facts) -> tuple[Failure, ...]:
    """The root causes in all jobs, each once."""
    wanted = {fingerprint for job in facts.jobs for fingerprint in job.roots}
    found = tuple(failure for failure in facts.failures if failure.fingerprint in wanted)
    return found or facts.failures


def explained(facts: Facts, changed: Sequence[str]) -> str:
    """The failures of a commit, root cause first."""
    found = roots(facts)
    if not found:
        return "\n\n".join([_nothing(facts), *_notes(facts)])
    total = len(facts.failures)
    head = (
        f"**{_counted(total, 'failure')}, {_counted(len(found), 'root cause')}** at {code(facts.target.head_sha[:12])}."
    )
    parts = [head, *(_root(number, failure, changed) for number, failure in enumerate(found[:_ROOTS], 1))]
    if len(found) > _ROOTS:
        parts.append(f"And {_counted(len(found) - _ROOTS, 'more root cause')}.")
    parts += [
        folded(f"From the log of {prose(job.name, most=80)}", fence(job.excerpt[:_EXCERPT]))
        for job in facts.jobs
        if job.excerpt
    ]
    return "\n\n".join([*parts, _again(overall(found, changed)), *_notes(facts)])


def planned(facts: Facts, changed: Sequence[str]) -> str:
    """What to do about the failures."""
    found = roots(facts)
    if not found:
        return "\n\n".join([_nothing(facts), *_notes(facts)])
    steps = [
        f"{number}. {prose(step.why)}" + (f"\n   {code(step.command)}" if step.command else "")
        for number, step in enumerate(plan(found), 1)
    ]
    return "\n\n".join(["\n".join(steps), _again(overall(found, changed)), *_notes(facts)])


def fixed(bundle: Bundle, where: str) -> str:
    """How the search for a patch ended; the patches themselves were delivered where `where` says."""
    tried = f"{_counted(bundle.tried, 'candidate')} tried in {bundle.seconds:.0f} s" if bundle.tried else ""
    head = f"**{prose(sentence(bundle.summary))}**"
    body = [_offered(proposal) for proposal in bundle.proposals if proposal.verified]
    if not body:
        body = ["Nothing could be proved, so nothing is offered; what I found stands in the summary."]
    sandbox = f"sandbox tier {bundle.sandbox.tier}" if bundle.sandbox else ""
    proof = "; ".join(part for part in (tried, sandbox) if part)
    return "\n\n".join([head, *body, *([f"_{proof}_"] if proof else []), *([where] if where else [])])


def proposed(bundle: Bundle, withheld: Sequence[str]) -> str:
    """A described change that nothing proves, shown and not offered; or why there is none."""
    head = f"**{prose(sentence(bundle.summary))}**"
    shown = [
        f"Proposal {code(one.id)}: {prose(one.rationale)} It is not proved, so I do not commit it; `git apply` does."
        f"\n\n{folded('The change', fence(one.diff, 'diff'))}"
        for one in bundle.proposals[:1]
    ]
    return "\n\n".join([head, *shown, *map(prose, (*withheld, *bundle.notes[:3]))])


def _offered(proposal: Proposal) -> str:
    """A patch with its proof; the diff stands here to the letter, so that `apply` finds it again."""
    tests = proposal.proof.tests
    told = f"{_counted(len(tests.fixed), 'test')} red before and green after, {tests.kept} others as before"
    score = f", score {proposal.proof.score:.2f}" if proposal.proof.score is not None else ""
    return (
        f"Patch {code(proposal.id)}: {prose(proposal.rationale)} Proof: {told}{score}. "
        f"`/dspy apply {proposal.id}` commits it.\n\n{folded('The patch', fence(proposal.diff, 'diff'))}"
    )


def scored(record: Mapping[str, Any], sha: str) -> str:
    """Tests, types and lint as one number; `record` is what `dspy-ci score` says, and not trusted to be so."""
    parts, weights, value = (record.get(name) for name in ("parts", "weights", "score"))
    if not (isinstance(parts, Mapping) and isinstance(weights, Mapping) and isinstance(value, float | int)):
        return "The score could not be understood."
    rows = [f"**Score {value:.2f}** at {code(sha[:12])}.", "", "| part | value | weight |", "| --- | --- | --- |"]
    for name in ("tests", "types", "lint"):
        part, weight = parts.get(name), weights.get(name)
        told = f"{part:.4f}" if isinstance(part, float | int) else "not measured"
        rows.append(f"| {name} | {told} | {weight if isinstance(weight, float | int) else ''} |")
    problem = record.get("problem")
    return "\n".join([*rows, *(["", prose(problem)] if isinstance(problem, str) and problem else [])])


def committed(proposal: str, sha: str, branch: str) -> str:
    """That a patch was committed."""
    return f"Patch {code(proposal)} is now {code(sha[:12])} on {code(branch)}."


def applied_before(sha: str) -> str:
    """That a patch was committed, and that only saying so was missing."""
    return f"The patch is {code(sha[:12])} now."


def hushed(failures: Sequence[Failure]) -> str:
    """That failures are ignored from now on."""
    names = ", ".join(code(failure.test_id or failure.fingerprint[:10]) for failure in failures[:_ROOTS])
    more = f" and {len(failures) - _ROOTS} more" if len(failures) > _ROOTS else ""
    return f"I post no more about {names}{more} on this pull request, unless a command asks me to."


def retried(advice: Rerun, runs: int, problem: str = "") -> str:
    """That failed jobs run again. `problem` says why only the logs were asked."""
    why = f"{advice.chance.replace('_', ' ')}, {prose(advice.reason)}"
    return f"The failed jobs of {_counted(runs, 'run')} run again: {why}.{_logs_alone(problem)}"


def not_retried(advice: Rerun, problem: str = "") -> str:
    """That they do not, and why. `problem` says why only the logs were asked."""
    if advice.chance == "deterministic":
        told = f"I do not run it again, because that would bring the same: {prose(advice.reason)}."
    else:
        told = f"I run failed jobs again only when chance or the outside is likely to blame: {prose(advice.reason)}."
    return f"{told}{_logs_alone(problem)}"


def _root(number: int, failure: Failure, changed: Sequence[str]) -> str:
    place = ":".join(str(part) for part in (failure.file, failure.line) if part)
    named = dict.fromkeys(part for part in (place, failure.test_id, failure.code) if part)
    told = f"{failure.exception}: {failure.message}" if failure.exception else failure.message
    advice = rerun(failure, changed)
    return (
        f"{number}. **{prose(f'{failure.tool} {failure.kind}')}** {' '.join(code(one) for one in named)} "
        f"(failure {code(failure.fingerprint[:10])})\n\n{fence(told[:_EXCERPT])}\n\n"
        f"   {advice.chance.replace('_', ' ')}: {prose(advice.reason)}"
    )


def _logs_alone(problem: str) -> str:
    return f"\n\nOnly the logs were asked: {prose(problem)}" if problem else ""


def _again(advice: Rerun) -> str:
    if advice.chance in {"likely_flaky", "infrastructure"}:
        return f"Likely not caused by this change: {prose(advice.reason)}. `/dspy retry` runs the failed jobs again."
    return f"Running it again would help little: {advice.chance.replace('_', ' ')}, {prose(advice.reason)}."


def _nothing(facts: Facts) -> str:
    if facts.jobs:
        return f"{_counted(len(facts.jobs), 'job')} failed, but I found no failure that I understand in the logs."
    return f"No failed job is known for {code(facts.target.head_sha[:12])}."


def _notes(facts: Facts) -> Iterator[str]:
    for job in facts.jobs:
        if job.problem:
            yield f"The log of {code(job.name)} could not be read: {prose(job.problem)}"
    for note in facts.notes:
        yield prose(note)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
