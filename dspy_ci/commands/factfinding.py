"""The reader: from the logs of failed jobs to facts, in a process that holds nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dspy_ci.commands.reading import read
from dspy_ci.errors import ExitCode, UsageError
from dspy_ci.reports.facts import Facts, JobFacts, Target, facts_text
from dspy_ci.reports.strict import checked

_TOKENS = 1200
_MOST = 500
"""Failures of one job."""


def run(words: list[str]) -> int:
    """Read the jobs that a file names, and print the facts."""
    asked = json.loads(Path(words[0]).read_text(encoding="utf-8"))
    target: Target = checked(Target, asked["target"], "target")
    sys.stdout.write(facts_text(Facts(target, tuple(job_facts(job) for job in asked["jobs"]))))
    return ExitCode.SUCCESS


def job_facts(job: dict[str, Any]) -> JobFacts:
    """What one job says; a log that cannot be read is a problem in words, never the end."""
    name, number, url = str(job["name"]), int(job["id"]), str(job["url"])
    try:
        reading = read(str(job["path"]))
    except UsageError as error:
        told = str(error).replace(str(job["path"]), "the log")
        return JobFacts(name, number, url, problem=told)
    diagnosis, context = reading.diagnosis, reading.context(_TOKENS)
    return JobFacts(
        name, number, url, tuple(diagnosis.failures[:_MOST]), tuple(diagnosis.roots), context.text,
        reading.keeper.total, tuple(diagnosis.notes),
    )  # fmt: skip
