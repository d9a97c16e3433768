"""The reader of the workshop: from the logs of failed jobs to facts, in a process that holds nothing else."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from dspy_ci.commands.reader import facts_of_file
from dspy_ci.errors import ExitCode, UsageError
from dspy_ci.reports.facts import Facts, JobFacts, Target, facts_text
from dspy_ci.reports.strict import checked


def run(words: list[str]) -> int:
    """Read the jobs that a file names, and print the facts."""
    asked = json.loads(Path(words[0]).read_text(encoding="utf-8"))
    target: Target = checked(Target, asked["target"], "target")
    sys.stdout.write(facts_text(Facts(target, tuple(_facts(job) for job in asked["jobs"]))))
    return ExitCode.SUCCESS


def _facts(job: dict[str, Any]) -> JobFacts:
    """What one job says; a log that cannot be read is a problem in words, never the end."""
    blank = JobFacts(str(job["name"]), int(job["id"]), str(job["url"]))
    try:
        told = facts_of_file(Path(job["path"]))
    except UsageError as error:
        return replace(blank, problem=str(error).replace(str(job["path"]), "it"))
    return replace(told, name=blank.name, id=blank.id, url=blank.url)
