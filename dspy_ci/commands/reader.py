"""The reader: logs in, facts out. It holds a token that may read, and no code of the change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dspy_ci.adapters import actionsevent
from dspy_ci.adapters.logfiles import Part
from dspy_ci.commands.reading import Reading, read
from dspy_ci.commands.targets import forge_of, target_of
from dspy_ci.errors import ExitCode, Forbidden, ForgeError, UsageError
from dspy_ci.ports.forge import Job, Runs
from dspy_ci.reports.facts import Excerpt, Facts, JobFacts, facts_text, fitting

_JOBS = 20
"""Failed jobs whose logs are read."""
_FAILURES = 1000
"""Failures of one job that are passed on."""
_ROOTS = 20
_TOKENS = 1500
_HEAD, _TAIL = 24, 12
"""Lines of a failure that are shown."""
_MESSAGE = 4000


def read_run(out: Path, logs: tuple[Path, ...], folder: Path) -> int:
    """Write the facts; the exit code. What cannot be read is said in the facts and stops nothing."""
    event = actionsevent.event(os.environ)
    forge = None if logs else forge_of(event, os.environ)
    target = target_of(event, forge, folder)
    if logs:
        facts = Facts(target, tuple(facts_of_file(path) for path in logs))
    elif forge is None or target.run_id is None:
        facts = Facts(target, notes=("the logs were not read: there is no token",))
    else:
        facts = facts_of_run(target.run_id, forge, Facts(target))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(facts_text(fitting(facts)), encoding="utf-8")
    return ExitCode.SUCCESS


def facts_of_run(run_id: int, forge: Runs, facts: Facts) -> Facts:
    """The facts with what the failed jobs of a run say."""
    try:
        failed = [job for job in forge.jobs(run_id) if job.failed]
    except ForgeError as error:
        return replace(facts, notes=(*facts.notes, f"the jobs of the run could not be read: {_why(error)}"))
    notes = [f"{len(failed) - _JOBS} more jobs failed, whose logs were not read"] if len(failed) > _JOBS else []
    notes += [] if failed else ["no job of the run has failed yet"]
    return replace(facts, jobs=tuple(_job(job, forge) for job in failed[:_JOBS]), notes=(*facts.notes, *notes))


def _job(job: Job, forge: Runs) -> JobFacts:
    """What the log of one job says, or why it says nothing."""
    blank = JobFacts(job.name, job.id, job.url)
    try:
        part = Part(job.name, job.name, None, forge.log(job.id))
        return _told(blank, read(job.name, iter([part])))
    except (ForgeError, UsageError) as error:
        return replace(blank, problem=_why(error))


def facts_of_file(path: Path) -> JobFacts:
    """What the log in a file says. Raises UsageError when it is none."""
    return _told(JobFacts(path.name), read(str(path)))


def _told(blank: JobFacts, reading: Reading) -> JobFacts:
    diagnosis = reading.diagnosis
    failures = tuple(
        replace(one, message=one.message[:_MESSAGE], frames=one.frames[-20:]) for one in diagnosis.failures[:_FAILURES]
    )
    more = len(diagnosis.failures) - len(failures)
    return replace(
        blank,
        failures=failures,
        roots=diagnosis.roots[:_FAILURES],
        excerpts=tuple(_excerpts(reading)),
        excerpt=reading.context(_TOKENS).text,
        lines=reading.keeper.total,
        notes=(*diagnosis.notes, *([f"{more} more failures were left out"] if more else [])),
    )


def _excerpts(reading: Reading) -> Iterator[Excerpt]:
    """The lines of the log that show each root cause."""
    kept = reading.keeper.lines()
    for failure in reading.diagnosis.causes()[:_ROOTS]:
        if not failure.log_span:
            continue
        first, last = failure.log_span
        texts = [line.text for line in kept if first <= line.number <= last]
        if len(texts) > _HEAD + _TAIL:
            texts = [*texts[:_HEAD], f"... {len(texts) - _HEAD - _TAIL} lines ...", *texts[-_TAIL:]]
        yield Excerpt(failure.fingerprint, reading.redactor.redact("\n".join(text[:400] for text in texts))[:_MESSAGE])


def _why(error: Exception) -> str:
    lacking = f" (the token lacks `{error.permission}`)" if isinstance(error, Forbidden) and error.permission else ""
    return f"{error}{lacking}"
