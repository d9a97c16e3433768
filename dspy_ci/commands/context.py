"""`context`: the part of a log that is worth reading, for people and for models."""

from __future__ import annotations

import click

from dspy_ci.commands.reading import read
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.reports.context import as_lines, as_record


@click.command()
@click.argument("log", default="-", metavar="[LOG|-]")
@click.option("--max-tokens", type=click.IntRange(min=50), default=3000, show_default=True, help="What may be printed.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to stdout.")
def command(log: str, max_tokens: int, form: str) -> None:
    """Reduce a log to what explains its failures.

    Line numbers are those of the original; secrets are taken out. Exits with 0, whatever the log says.
    """
    reading = read(log)
    extract = reading.context(max_tokens)
    if form == "json":
        show_json(as_record(log, extract))
    else:
        show(as_lines(extract))
