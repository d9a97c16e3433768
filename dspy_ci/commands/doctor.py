"""`dspy-ci doctor`: what works here, and what would make more of it work."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import click

_POWERS = (
    ("GitHub", "github", "github", ("GITHUB_TOKEN", "GH_TOKEN")),
    ("embeddings", "sentence_transformers", "embeddings", ()),
    ("Kafka", "confluent_kafka", "kafka", ("KAFKA_BOOTSTRAP_SERVERS",)),
    ("RedDB", "", "", ("REDDB_URL",)),
)
"""What it is, the module it needs, the extra that brings it, and the variables of which one is wanted."""
_PATIENCE = 5.0
"""Seconds that a model server may take to say that it is there."""


class Finding(NamedTuple):
    """One line of the answer."""

    subject: str
    good: bool
    says: str
    hint: str | None = None


@click.command(short_help="Show what works here: interpreter, tests, sandbox, model, tokens.")
@click.option("--fresh", is_flag=True, help="Try the sandboxes again instead of remembering them since boot.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to standard output."
)
def command(*, fresh: bool, form: str) -> int:
    """Show what works here: interpreter, tests, sandbox, model, tokens.

    Every sandbox tier is tried by running a hostile program in it against bait. Exits with 0 when tests can run in an
    isolating sandbox, with 4 when something that they need is missing.
    """
    from dspy_ci.adapters.sandbox.preflight import trials  # noqa: PLC0415 - help needs none of it
    from dspy_ci.commands.terminal import show, show_json  # noqa: PLC0415 - the same
    from dspy_ci.errors import ExitCode  # noqa: PLC0415 - the same

    project = list(_project(Path.cwd()))
    sandbox = list(_sandbox(trials(fresh=fresh)))
    powers = list(_powers())
    if form == "json":
        show_json(_record(project, sandbox, powers))
    else:
        show(_lines("Project", project))
        show(_lines("Sandbox", sandbox))
        show(_lines("Powers that can be added", powers))
    sound = all(finding.good for finding in project) and any(finding.good for finding in sandbox[:2])
    return ExitCode.SUCCESS if sound else ExitCode.MISSING


def _project(folder: Path) -> Iterator[Finding]:
    from dspy_ci.adapters import testcommands  # noqa: PLC0415 - costs what `--help` need not pay
    from dspy_ci.adapters.gitrepo import GitRepo  # noqa: PLC0415 - the same
    from dspy_ci.errors import DspyCiError  # noqa: PLC0415 - the same
    from dspy_ci.settings import load  # noqa: PLC0415 - the same

    yield Finding("dspy-ci runs in", good=True, says=f"Python {sys.version.split()[0]} at {sys.executable}")
    git = shutil.which("git")
    yield Finding("git", good=git is not None, says=git or "not found", hint=None if git else "install git")
    try:
        repo = GitRepo(folder)
        yield Finding("repository", good=True, says=f"{repo.root}, {len(repo.paths())} files")
        found = testcommands.find(Path(repo.root), os.environ, load(Path(repo.root), os.environ).test_cmd)
        yield Finding("tests", good=True, says="; ".join((found.shown, *found.notes)))
    except DspyCiError as error:
        yield Finding("tests", good=False, says=str(error), hint=error.hint)


def _sandbox(trials: Any) -> Iterator[Finding]:
    from dspy_ci.adapters.sandbox.choice import UNTRIED, raised, reason  # noqa: PLC0415 - costs what `--help` need not pay
    from dspy_ci.adapters.sandbox.local import GUARANTEES  # noqa: PLC0415 - the same

    for trial in trials:
        promises = GUARANTEES[trial.tier]
        told = (
            f"{promises.name}. Files: {promises.files}. Network: {promises.network}. Secrets: {promises.secrets}. "
            f"Processes: {promises.processes}."
        )
        if trial.tier == "E":
            yield Finding("tier E", good=True, says=f"{told} It isolates nothing: for your own code alone.")
        elif trial.works:
            yield Finding(f"tier {trial.tier}", good=True, says=told)
        else:
            yield Finding(f"tier {trial.tier}", good=False, says=f"not used: {reason(trial)}", hint=raised(trial))
    for letter, (name, obstacle) in UNTRIED.items():
        yield Finding(f"tier {letter}", good=False, says=f"{name}, not tested: {obstacle()}")


def _model(folder: Path) -> Finding:
    """The model that is set, and whether its server would answer; no question is asked."""
    from dspy_ci import settings  # noqa: PLC0415 - costs what `--help` need not pay
    from dspy_ci.commands.modeloptions import root_of  # noqa: PLC0415 - the same
    from dspy_ci.commands.models import model  # noqa: PLC0415 - the same
    from dspy_ci.errors import DspyCiError  # noqa: PLC0415 - the same

    try:
        found = model(replace(settings.load(root_of(folder), os.environ), model_timeout=_PATIENCE))
        if not found:
            return Finding("language model", good=False, says=found.why)
        found.lm.check()
    except DspyCiError as error:
        return Finding("language model", good=False, says=str(error), hint=error.hint)
    return Finding("language model", good=True, says=f"{found.shown} is ready")


def _powers() -> Iterator[Finding]:
    yield _model(Path.cwd())
    for subject, module, extra, variables in _POWERS:
        if module and find_spec(module) is None:
            yield Finding(subject, good=False, says="not installed", hint=f"pip install 'dspy-ci[{extra}]'")
        elif variables and not any(os.environ.get(name) for name in variables):
            yield Finding(subject, good=False, says=f"no {' or '.join(variables)} in the environment")
        else:
            yield Finding(subject, good=True, says="ready")


def _lines(title: str, findings: list[Finding]) -> Iterator[Any]:
    from dspy_ci.reports.styled import Styled  # noqa: PLC0415 - costs what `--help` need not pay

    yield Styled(title, "head")
    for finding in findings:
        mark = "ok" if finding.good else "--"
        yield Styled(f"  {mark}  {finding.subject}: {finding.says}", "plain" if finding.good else "faint")
        if finding.hint:
            yield Styled(f"      try: {finding.hint}", "place")


def _record(project: list[Finding], sandbox: list[Finding], powers: list[Finding]) -> dict[str, Any]:
    parts = {"project": project, "sandbox": sandbox, "powers": powers}
    return {"schema": "dspy-ci/doctor/1", **{name: [row._asdict() for row in rows] for name, rows in parts.items()}}
