"""The solver: from facts to verified patches of the folder it works in, in a process that holds no token."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from dspy_ci import pipeline, settings
from dspy_ci.adapters import testcommands
from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.commands.checkers import checks
from dspy_ci.commands.isolation import sandbox_for
from dspy_ci.commands.mending import task
from dspy_ci.errors import ExitCode
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.reports.bundle import Bundle, Finding, Sandbox, bundle_text, fitted, proposal_of
from dspy_ci.reports.facts import Facts, facts_of
from dspy_ci.reports.fix import FixReport


def run(words: list[str]) -> int:
    """Mend what the facts of a file name, and print the bundle."""
    facts = facts_of(Path(words[0]).read_bytes())
    report = _mended(facts)
    sys.stdout.write(bundle_text(fitted(_bundle(facts, report))))
    return ExitCode.SUCCESS


def _mended(facts: Facts) -> FixReport:
    repo = GitRepo(Path.cwd())
    root = Path(repo.root)
    chosen = settings.load(root, os.environ)
    command = testcommands.find(root, os.environ, chosen.test_cmd)
    job = replace(
        task(command, chosen),
        wanted=frozenset(one.test_id for one in facts.failures if one.test_id),
        checks=checks(Snapshot(repo.paths(), repo.read), command, chosen),
        clean=Redactor(secret_values(os.environ)).redact,
    )
    sandbox = sandbox_for(repo.root, chosen, "pull request", quiet=True)
    reports = [event for event in pipeline.mend(job, repo, sandbox) if isinstance(event, FixReport)]
    return reports[-1]


def _bundle(facts: Facts, report: FixReport) -> Bundle:
    """What may leave: the failures of the logs, or where there were none those that were seen here."""
    roots = {fingerprint for job in facts.jobs for fingerprint in job.roots}
    findings = tuple(Finding(one, root=one.fingerprint in roots) for one in facts.failures or report.failures)
    given = report.guarantees
    return Bundle(
        facts.target, report.status, report.summary, findings,
        tuple(proposal_of(offer) for offer in report.offers),
        command=report.command, tried=report.tried, seconds=report.seconds, model=report.model,
        sandbox=Sandbox(given.tier, given.name) if given else None, notes=(*facts.notes, *report.notes),
    )  # fmt: skip
