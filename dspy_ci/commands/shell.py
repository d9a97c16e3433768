"""`shell`: questions one after the other, each answered by the tool that fits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress

import click

from dspy_ci.commands.modeloptions import adviser_of, which_model


@click.command()
@click.option("--log", metavar="LOG", help="A log that the questions may be about.")
@click.option("--topic", default="", help="Which part of the system is meant, such as backend.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to stdout.")
@which_model
def command(log: str | None, topic: str, form: str, **options: object) -> None:
    """Answer questions one after the other, each with the tool that fits.

    Reads one question a line from standard input, until its end or `exit`. A line that begins with the name of a tool
    (grep, extract, context, codectx, search, plan) is that tool: `grep def total`. Of all others a language model
    chooses the tool, or rules where none is set. The tools read and change nothing; a change is only named, as the
    command that proposes and proves it.
    """
    from dspy_ci.commands.conversing import Desk, converse  # noqa: PLC0415 - help needs none of it

    converse(_lines(), Desk.at(log, topic, adviser_of(options)), json=form == "json")


def _lines() -> Iterator[str]:
    """What a person types, with a prompt, or what comes through a pipe."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):  # editing and history, where Python was built with it
        import readline  # noqa: F401, PLC0415 - only here
    with suppress(EOFError):
        while True:
            yield input("dspy-ci> ")
