"""What the reader found in the logs of a run: all that the solver learns of the world outside its checkout."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from dspy_ci import __version__
from dspy_ci.failures.failure import Failure
from dspy_ci.reports.strict import read

SCHEMA = "dspy-ci/facts/1"
MOST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """What the work is about; the publisher asks the forge again before it believes any of this."""

    repository: str
    """`owner/name`; empty where no forge is involved."""
    head_sha: str
    pull: int | None = None
    run_id: int | None = None
    attempt: int = 1
    base_sha: str | None = None
    base_ref: str | None = None
    from_fork: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines of a log that show one root cause."""

    fingerprint: str
    text: str


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What one failed job says."""

    name: str
    id: int | None = None
    url: str = ""
    failures: tuple[Failure, ...] = ()
    """Likeliest root cause first; those that another one explains come last and say so."""
    roots: tuple[str, ...] = ()
    """Fingerprints of the root causes."""
    excerpt: str = ""
    """The part of the log that is worth reading, without secrets."""
    lines: int = 0
    notes: tuple[str, ...] = ()
    problem: str | None = None
    """Why the log could not be read."""
    excerpts: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is red, as the logs tell it."""

    target: Target
    jobs: tuple[JobFacts, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be read or was left out, in words."""
    tool_version: str = __version__

    @property
    def failures(self) -> tuple[Failure, ...]:
        """All failures that nothing else explains, each fingerprint once, root causes first."""
        roots = [one for job in self.jobs for one in job.failures if one.fingerprint in job.roots]
        others = [one for job in self.jobs for one in job.failures if one.suppressed_by is None]
        first: dict[str, Failure] = {}
        for failure in (*roots, *others):
            first.setdefault(_key(failure), failure)
        return tuple(first.values())


def _key(failure: Failure) -> str:
    """Two tests may fail in the same words; each is a failure of its own."""
    return f"{failure.fingerprint} {failure.test_id or ''}"


def facts_text(facts: Facts) -> str:
    """The facts as JSON."""
    return json.dumps({"schema": SCHEMA, **asdict(facts)}, ensure_ascii=True, indent=1) + "\n"


def fitting(facts: Facts) -> Facts:
    """The facts within their limit: of too many failures the last ones of each job are left out, and counted."""
    most = max((len(job.failures) for job in facts.jobs), default=0)
    while len(facts_text(facts)) > MOST_BYTES and most:
        most //= 2
        facts = replace(facts, jobs=tuple(_shortened(job, most) for job in facts.jobs))
    return facts


def _shortened(job: JobFacts, most: int) -> JobFacts:
    more = len(job.failures) - most
    if more <= 0:
        return job
    return replace(job, failures=job.failures[:most], notes=(*job.notes, f"{more} more failures were left out"))


def facts_of(text: str | bytes) -> Facts:
    """The facts of a JSON text. Raises Unfit when it is anything else."""
    return read(Facts, text, schema=SCHEMA, most_bytes=MOST_BYTES)
