"""`dspy-ci culprit`: the smallest set of hunks that turns a green base red."""

from __future__ import annotations

from pathlib import Path

import click

from dspy_ci.settings import seconds


@click.command(short_help="Find the smallest part of a change that turns its base red.")
@click.argument("head", required=False)
@click.option("--base", metavar="REF", help="The green commit.  [default: where the change left the trunk]")
@click.option("--test-cmd", metavar="CMD", help="What is red: pytest, or any command that fails; found when not given.")
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A log that names failures; only those are looked into.",
)
@click.option("--budget", metavar="TIME", help="How long to look, e.g. 60s or 10m.  [default: 60s]")
@click.option("--workers", type=click.IntRange(0), help="Copies used side by side; 0 is one per core.  [default: 0]")
@click.option("--fresh", is_flag=True, help="Run everything again, whatever earlier runs said.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to standard output."
)
@click.option("--quiet", "-q", is_flag=True, help="Only the report.")
def command(
    *, head: str | None, base: str | None, log: Path | None, budget: str | None, form: str, quiet: bool, fresh: bool,
    **options: object,
) -> int:  # fmt: skip
    """Find the smallest part of a change that turns its base red.

    The change is that of HEAD, a commit, or of the working tree when none is named. Parts of it are laid on the base
    in throw-away copies, those first that the failing tests run; what cannot be built counts as unknown. Guilty hunks
    of Python are narrowed down to statements. A test command of any language will do.

    Exits with 0 when nothing is red, with 1 when something is, found or not.
    """
    from dspy_ci.commands.blaming import blame  # noqa: PLC0415 - help needs none of it

    limit = seconds(budget) if budget else None
    return blame(
        Path.cwd(), head, base=base, log=log, as_json=form == "json", quiet=quiet, fresh=fresh, budget=limit, **options
    )
