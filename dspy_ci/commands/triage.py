"""`dspy-ci triage`: whose failure is it, by experiment."""

from __future__ import annotations

from pathlib import Path

import click

from dspy_ci.settings import seconds


@click.command(short_help="Run each failure again, with the change and without it, and say whose it is.")
@click.option("--base", metavar="REF", help="What to compare with.  [default: where the change left the trunk]")
@click.option(
    "--runs",
    type=click.IntRange(2),
    default=60,
    show_default=True,
    help="How often a test runs on either side at most.",
)
@click.option("--test-cmd", metavar="CMD", help="How the tests are run; found when not given.")
@click.option(
    "--log", type=click.Path(path_type=Path, dir_okay=False), help="A log that names failures; only those are judged."
)
@click.option("--budget", metavar="TIME", help="How long to run tests, e.g. 60s or 10m.  [default: 60s]")
@click.option("--workers", type=click.IntRange(0), help="1 runs head and base one after the other.  [default: 0]")
@click.option("--fresh", is_flag=True, help="Run everything again, whatever earlier runs said.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to standard output."
)
@click.option("--quiet", "-q", is_flag=True, help="Only the report.")
def command(
    *, base: str | None, runs: int, log: Path | None, budget: str | None, form: str, quiet: bool, fresh: bool,
    **options: object,
) -> int:  # fmt: skip
    """Run each failure again, with the change and without it, and say whose it is.

    The change is the working tree as it lies there, the base where it left the trunk. A failure is caused by this
    change, pre-existing, flaky with a probability, or due to the environment. It is called flaky only when the base was
    seen failing in the same way, and not when the change made it fail more often; in doubt the change is blamed.

    Exits with 0 when nothing is red, with 1 when something is, whatever its cause.
    """
    from dspy_ci.commands.triaging import sort_out  # noqa: PLC0415 - help needs none of it

    limit = seconds(budget) if budget else None
    return sort_out(
        Path.cwd(),
        base=base,
        runs=runs,
        log=log,
        as_json=form == "json",
        quiet=quiet,
        fresh=fresh,
        budget=limit,
        **options,
    )
