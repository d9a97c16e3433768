"""What `dspy-ci triage` does: read the log if there is one, open the laboratory, print the report."""

from __future__ import annotations

from pathlib import Path

from dspy_ci.causes.stage import Stage
from dspy_ci.causes.triage import Asked, Verdicts, triage
from dspy_ci.commands.experiments import experiment
from dspy_ci.commands.progress import Progress
from dspy_ci.commands.reading import read
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import ExitCode, UsageError
from dspy_ci.failures.failure import Failure
from dspy_ci.pipeline import Step
from dspy_ci.reports.triage import TriageReport, triage_record, triage_text


def sort_out(
    folder: Path, *, base: str | None, runs: int, log: Path | None, as_json: bool, quiet: bool, fresh: bool = False,
    **options: object,
) -> int:  # fmt: skip
    """Triage the repository around the folder and report; the exit code. The options are those of Settings."""
    wanted = named(log) if log else {}
    found: Verdicts | None = None
    with (
        Progress(quiet=quiet or as_json) as progress,
        experiment(folder, base=base, head=None, fresh=fresh, **options) as held,
    ):
        progress.notes(held.command.notes)
        asked = Asked(wanted, runs, held.modules)
        for event in triage(held.changes, held.trial, held.lab, asked, held.workers):
            if isinstance(event, Stage):
                progress.show(Step(event.stage, event.text))
            else:
                found = event
        assert found is not None, "a triage ends with its verdicts"  # noqa: S101 - a contract, not a check of input
        missing = tuple(sorted(wanted.keys() - {one.test for one in found.found}))
        report = TriageReport(found, held.base, held.command.shown, held.guarantees, missing)
    if as_json:
        show_json(triage_record(report))
    else:
        show(triage_text(report))
    return ExitCode.RED if found.found or found.problem else ExitCode.SUCCESS


def named(log: Path) -> dict[str, Failure]:
    """By test id, the failures that a log names. Raises UsageError when it names none."""
    diagnosis = read(str(log)).diagnosis
    if not diagnosis.open:
        raise UsageError(f"{log} names no failure", hint="`dspy-ci context` shows what was read of it")
    return {failure.test_id: failure for failure in diagnosis.open if failure.test_id}
