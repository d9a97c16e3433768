"""`codectx`: what a file or a folder holds, and an answer to a question about it."""

from __future__ import annotations

import click

from dspy_ci.commands.modeloptions import adviser_of, which_model


@click.command()
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--ask", metavar="QUESTION", default="", help="What you want to know.  [default: what it holds]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to stdout.")
@which_model
def command(path: str, ask: str, form: str, **options: object) -> None:
    """Say what a file or a folder holds, or answer a question about it.

    PATH lies in the repository; without it, all of it is meant. Without a language model the answer is an outline:
    files and functions with their lines, of a question those that its words occur in. A model, when one is set,
    answers in words.
    """
    from dspy_ci.commands.codequestions import tell  # noqa: PLC0415 - help needs none of it

    tell(path, ask, adviser_of(options), json=form == "json")
