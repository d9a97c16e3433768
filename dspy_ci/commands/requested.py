"""What each verb of a PR comment does once the gate is passed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from dspy_ci.commands.committing import commit
from dspy_ci.commands.editions import edited
from dspy_ci.commands.hushing import hush
from dspy_ci.deliveries.screening import screened
from dspy_ci.errors import ForgeError, UsageError
from dspy_ci.logs.redaction import secret_values
from dspy_ci.ports.forge import Forge, Job, Pushes, Run
from dspy_ci.ports.workshop import JobLog, Made, Spot, Workshop
from dspy_ci.reports.bundle import Bundle, Finding, bundle_of, bundle_text
from dspy_ci.reports.facts import Facts, Target, facts_of, facts_text
from dspy_ci.reports.markdown import prose
from dspy_ci.requests import replies
from dspy_ci.requests.request import Request
from dspy_ci.requests.rerunning import again
from dspy_ci.requests.shelf import Shelved, shelved

_JOBS = 10
"""Failed jobs whose logs are read."""
_LARGEST = 64 << 20
"""Bytes of one log."""
_RERUNS = 4
"""Attempts of one run, after which it is not started again."""


class Reply(NamedTuple):
    """What is answered."""

    text: str
    word: str = "done"
    key: str = ""
    """What is to be remembered."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a verb may use."""

    forge: Forge
    workshop: Workshop
    pusher: Pushes | None = None
    """For a token whose pushes start CI; None where there is none."""
    publish: Callable[[Bundle], tuple[Bundle, str]] = lambda bundle: (bundle, "")
    """Brings a bundle to where people read: as it was posted, and where."""
    settings: Callable[[str], Mapping[str, str]] = field(default=lambda _: {})
    """The settings of the project at a commit of its base branch."""
    me: str | None = None
    """The login that our answers bear; None where it is not known."""


def explain(request: Request, bench: Bench) -> Reply:
    """The failures, root cause first."""
    facts = facts_about(request, bench)
    return Reply(replies.explained(facts, changed(request, bench)))


def plan(request: Request, bench: Bench) -> Reply:
    """What to do about them."""
    facts = facts_about(request, bench)
    return Reply(replies.planned(facts, changed(request, bench)))


def fix(request: Request, bench: Bench) -> Reply:
    """A verified patch."""
    facts = facts_about(request, bench)
    if request.argument and not (facts := only(facts, request.argument)).failures:
        return Reply("No failure of this commit is called so, and it is not its id either.", "refused")
    pull = request.pull
    made = bench.workshop.bundle(spot(request), facts_text(facts), bench.settings(pull.base_sha))
    return _delivered(request, bench, made)


def edit(request: Request, bench: Bench) -> Reply:
    """A described change, judged like any other."""
    pull = request.pull
    made = bench.workshop.edit(spot(request), request.command.arguments[0], bench.settings(pull.base_sha))
    if made.problem:
        return _delivered(request, bench, made)
    target = Target(pull.base_repo, pull.head_sha, pull.number, base_sha=pull.base_sha, base_ref=pull.base_ref)
    bundle = bundle_of(edited(_object(made.text), target))
    if bundle.best:
        return _delivered(request, bench, Made(bundle_text(bundle)))
    clean, withheld = screened(bundle, secret_values(os.environ))
    return Reply(replies.proposed(clean, withheld), "done" if clean.proposals else "failed")


def score(request: Request, bench: Bench) -> Reply:
    """Tests, types and lint as one number."""
    pull = request.pull
    made = bench.workshop.score(spot(request), bench.settings(pull.base_sha))
    if made.problem:
        return Reply(prose(replies.sentence(made.problem)), "failed")
    return Reply(replies.scored(_object(made.text), pull.head_sha))


def retry(request: Request, bench: Bench) -> Reply:
    """Run failed jobs again, when that may help."""
    if request.argument:
        return Reply("All failed jobs of a commit run again, or none: the command is `/dspy retry [sha]`.", "refused")
    red = red_runs(request, bench)
    if not red:
        return Reply("No failed job is known for this commit.", "refused")
    ready = [run for run, _ in red if run.attempt < _RERUNS and run.status == "completed"]
    if not ready:
        return Reply("It still runs, or it was run again often enough already.", "refused")
    facts = facts_about(request, bench)
    seen, problem = experienced(facts, request, bench)
    advice = again(replies.roots(facts), changed(request, bench), seen)
    if advice.chance not in {"likely_flaky", "infrastructure"}:
        return Reply(replies.not_retried(advice, problem), "refused")
    for run in ready:
        bench.forge.rerun_failed(run.id)
    return Reply(replies.retried(advice, len(ready), problem))


def apply(request: Request, bench: Bench) -> Reply:
    """Commit a patch that was proved."""
    stored = stored_patch(request, bench)
    if isinstance(stored, str):
        return Reply(stored, "refused")
    if bench.pusher is None:
        return Reply(
            "I have no token whose pushes start CI, so I commit nothing: a commit that nobody tests helps nobody. "
            "Take the suggestion, or give me a `push-token`.", "refused",
        )  # fmt: skip
    made = commit(stored, request, bench.forge, bench.pusher)
    return Reply(replies.committed(stored.id, made, request.pull.head_ref), key=stored.id)


def ignore(request: Request, bench: Bench) -> Reply:
    """Remember that something is not to be mentioned again."""
    facts = facts_about(request, bench)
    named = (only(facts, request.argument) if request.argument else facts).failures
    if not named:
        return Reply("No failure of this commit is called so." if request.argument else "Nothing is red.", "refused")
    hush(bench.forge, bench.me, request.pull.number, named)
    return Reply(replies.hushed(named))


def help_(request: Request, bench: Bench) -> Reply:
    """All commands."""
    del request, bench
    return Reply(replies.help_text())


VERB_ACTIONS: Mapping[str, Callable[[Request, Bench], Reply]] = {
    "fix": fix, "plan": plan, "explain": explain, "apply": apply, "retry": retry, "edit": edit, "score": score,
    "ignore": ignore, "help": help_,
}  # fmt: skip


def red_runs(request: Request, bench: Bench) -> list[tuple[Run, tuple[Job, ...]]]:
    """The runs on the head that have failed jobs, the newest first."""
    runs = bench.forge.runs_of(request.pull.head_sha)
    found = ((run, tuple(job for job in bench.forge.jobs(run.id) if job.failed)) for run in runs if _may_be_red(run))
    return [(run, jobs) for run, jobs in found if jobs]


def facts_about(request: Request, bench: Bench) -> Facts:
    """What the logs of the failed jobs tell. Raises UsageError when the workshop made no sense of them."""
    pull = request.pull
    red = red_runs(request, bench)
    target = Target(
        pull.base_repo, pull.head_sha, pull.number, red[0][0].id if red else None, base_sha=pull.base_sha,
        base_ref=pull.base_ref, from_fork=pull.from_fork,
    )  # fmt: skip
    jobs = [job for _, failed in red for job in failed]
    logs, notes = list[JobLog](), list[str]()
    for job in jobs[:_JOBS]:
        log = _log(bench.forge, job)
        (notes if isinstance(log, str) else logs).append(log)  # type: ignore[arg-type]
    if not logs:
        return Facts(target, notes=tuple(notes))
    made = bench.workshop.facts(json.dumps(asdict(target)), logs)
    if made.problem:
        raise UsageError(made.problem)
    facts = facts_of(made.text)
    return replace(facts, target=target, notes=(*notes, *facts.notes))


def experienced(facts: Facts, request: Request, bench: Bench) -> tuple[tuple[Finding, ...], str]:
    """The findings as the sandbox saw them, or none and why; where only logs can tell, no reason is needed."""
    if not any(failure.test_id for failure in replies.roots(facts)):
        return (), ""
    pull = request.pull
    if pull.from_fork and not request.named_head:
        return (), f"code of a fork is run only at a commit that you name: `/dspy retry {pull.head_sha[:12]}`"
    made = bench.workshop.triage(spot(request), facts_text(facts), bench.settings(pull.base_sha))
    if made.problem:
        return (), made.problem
    bundle = bundle_of(made.text)
    if bundle.target.head_sha != pull.head_sha:
        raise UsageError("what came out of the workshop is about another commit")
    told = any(one.cause for one in bundle.findings)
    return bundle.findings, "" if told else next(reversed(bundle.notes), "the failures did not come to a test")


def spot(request: Request) -> Spot:
    """The commit that is worked on."""
    return Spot(request.pull.head_sha, request.pull.base_sha)


def changed(request: Request, bench: Bench) -> tuple[str, ...]:
    """The files of the pull request."""
    return tuple(file.path for file in bench.forge.files(request.pull.number))


def only(facts: Facts, wanted: str) -> Facts:
    """The facts about the failures that somebody means: by the beginning of the id, or by test, file or code."""

    def meant(failure: Any) -> bool:
        exact = {failure.test_id, failure.file, failure.code, failure.symbol}
        return wanted in exact or (len(wanted) >= 6 and failure.fingerprint.startswith(wanted))

    jobs = (replace(job, failures=tuple(one for one in job.failures if meant(one))) for job in facts.jobs)
    return replace(facts, jobs=tuple(job for job in jobs if job.failures))


def stored_patch(request: Request, bench: Bench) -> Shelved | str:
    """The patch that is meant, or in a sentence why there is none."""
    comments = bench.forge.comments(request.pull.number)
    wanted = request.command.arguments[0] if request.command.arguments else ""
    found = [one for one in shelved(comments, bench.me) if one.id.startswith(wanted)]
    if not found:
        return "No patch of mine is stored here under that id; `/dspy fix` looks for one."
    if len({one.id for one in found}) > 1 and wanted:
        return "Several patches begin so; give more digits."
    if found[-1].sha != request.pull.head_sha:
        return "The branch has moved on since that patch was proved; `/dspy fix` proves one anew."
    return found[-1]


def _delivered(request: Request, bench: Bench, made: Made) -> Reply:
    """The bundle where people read it, and the answer that says so."""
    if made.problem:
        return Reply(prose(replies.sentence(made.problem)), "failed")
    bundle = bundle_of(made.text)
    if bundle.target.head_sha != request.pull.head_sha:
        raise UsageError("what came out of the workshop is about another commit")
    if bench.forge.pull(request.pull.number).head_sha != request.pull.head_sha:
        return Reply("The branch has moved on while I worked, so I post nothing; ask again.", "refused")
    posted, where = bench.publish(bundle)
    return Reply(replies.fixed(posted, where), "done" if posted.best or posted.status == "green" else "failed")


def _may_be_red(run: Run) -> bool:
    return run.conclusion not in {"success", "skipped", "neutral", "stale"}


def _log(forge: Forge, job: Job) -> JobLog | str:
    """A log, as far as it is read; or why there is none."""
    data = bytearray()
    try:
        for chunk in forge.log(job.id):
            data += chunk
            if len(data) > _LARGEST:
                break
    except ForgeError as error:
        return f"the log of the job {job.name!r} could not be had: {error}"
    return JobLog(job.id, job.name, job.url, bytes(data[:_LARGEST]))


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
