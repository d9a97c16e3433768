"""What `dspy-ci culprit` does: open the laboratory, search, print the report."""

from __future__ import annotations

from pathlib import Path

from dspy_ci.causes.culprit import Culprits, culprit
from dspy_ci.causes.stage import Stage
from dspy_ci.commands.experiments import experiment, something
from dspy_ci.commands.progress import Progress
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.commands.triaging import named
from dspy_ci.errors import ExitCode
from dspy_ci.pipeline import Step
from dspy_ci.reports.culprit import CulpritReport, culprit_record, culprit_text


def blame(
    folder: Path, head: str | None, *, base: str | None, log: Path | None = None, as_json: bool, quiet: bool,
    fresh: bool = False, **options: object,
) -> int:  # fmt: skip
    """Search around the folder and report; the exit code. The options are those of Settings."""
    wanted = frozenset(named(log)) if log else frozenset[str]()
    found: Culprits | None = None
    with (
        Progress(quiet=quiet or as_json) as progress,
        experiment(folder, base=base, head=head, fresh=fresh, **options) as held,
    ):
        progress.notes(held.command.notes)
        for event in culprit(something(held).changes, held.trial, held.lab, held.workers, wanted):
            if isinstance(event, Stage):
                progress.show(Step(event.stage, event.text))
            else:
                found = event
        assert found is not None, "a search ends with its answer"  # noqa: S101 - a contract, not a check of input
        red = {test for guilt in found.guilts for test in guilt.tests} | set(found.unmet)
        missing = tuple(sorted(wanted - red)) if found.status == "found" else ()
        report = CulpritReport(found, held.base, held.head, held.command.shown, held.guarantees, held.left_out, missing)
    if as_json:
        show_json(culprit_record(report))
    else:
        show(culprit_text(report))
    return ExitCode.SUCCESS if found.status == "green" else ExitCode.RED
