"""`context`: the part of a log that is worth reading, for people and for models."""

from __future__ import annotations

from collections.abc import Mapping

import click

from dspy_ci.commands.modeloptions import names_model, which_model
from dspy_ci.commands.reading import read
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.logs.extract import Extract
from dspy_ci.reports.advice import Advice, points_lines, points_record
from dspy_ci.reports.context import as_lines, as_record


@click.command()
@click.argument("log", default="-", metavar="[LOG|-]")
@click.option("--max-tokens", type=click.IntRange(min=50), default=3000, show_default=True, help="What may be printed.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to stdout.")
@which_model
def command(log: str, max_tokens: int, form: str, **options: object) -> None:
    """Reduce a log to what explains its failures.

    A language model, when one is set, names the key points first.
    Line numbers are those of the original; secrets are taken out. Exits with 0, whatever the log says.
    """
    reading = read(log)
    extract = reading.context(max_tokens)
    advice = _advice(extract, options) if names_model(options) else None
    if form == "json":
        show_json({**as_record(log, extract), **(points_record(advice) if advice else {})})
    else:
        show(points_lines(advice) if advice else ())
        show(as_lines(extract))


def _advice(extract: Extract, options: Mapping[str, object]) -> Advice:
    from dspy_ci.commands.advising import adviser  # noqa: PLC0415 - loads what only models need

    return adviser(options).points(extract)
