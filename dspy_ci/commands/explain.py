"""`explain`: the failures in a log, root cause first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from dspy_ci.commands.modeloptions import adviser_of, which_model
from dspy_ci.commands.reading import Reading, read
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import RedError, UsageError
from dspy_ci.failures.plan import plan
from dspy_ci.failures.rerun import overall
from dspy_ci.reports.explanation import Explanation, as_lines, as_record

if TYPE_CHECKING:
    from dspy_ci.commands.advising import Adviser


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG|-]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to stdout.")
@click.option("--max-tokens", type=click.IntRange(min=50), default=1500, show_default=True, help="Size of the context.")
@which_model
def command(logs: tuple[str, ...], form: str, max_tokens: int, **options: object) -> None:
    """Name the failures in a log, root cause first.

    LOG is a file, a folder, the zip of a GitHub run, a report (JUnit XML, SARIF, JSON), or `-` for standard input.
    A language model, when one is set, writes the plan.
    Several logs give one JSON object per line. Exits with 1 when failures were found.
    """
    red, broken, adviser = False, None, adviser_of(options)
    for log in logs or ("-",):
        try:
            explanation = _advised(log, max_tokens, adviser) if adviser else explained(log, max_tokens)
        except UsageError as error:
            # The other logs are still worth reading; the last sentence becomes the exit code.
            if broken:
                click.echo(f"dspy-ci: {broken}", err=True)
            broken = error
            continue
        red = red or bool(explanation.diagnosis.open)
        if form == "json":
            show_json(as_record(explanation))
        else:
            show(as_lines(explanation))
    if broken:
        raise broken
    if red:
        raise RedError


def _advised(log: str, max_tokens: int, adviser: Adviser) -> Explanation:
    """What is known about one log, with the plan of the model."""
    reading = read(log)
    explanation = explanation_of(reading, max_tokens)
    if not reading.diagnosis.open:
        return explanation
    return replace(explanation, advice=adviser.steps(reading, explanation.context))


def explained(log: str, max_tokens: int) -> Explanation:
    """All that is known about one log."""
    return explanation_of(read(log), max_tokens)


def explanation_of(reading: Reading, max_tokens: int) -> Explanation:
    """What a reading means: root causes, context, plan, advice."""
    roots = reading.diagnosis.causes()
    return Explanation(
        source=reading.source,
        diagnosis=reading.diagnosis,
        context=reading.context(max_tokens),
        plan=plan(roots),
        rerun=overall(roots),
        seconds=reading.seconds,
    )
