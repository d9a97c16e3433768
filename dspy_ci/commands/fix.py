"""`dspy-ci fix`: from a red test run to a verified patch."""

from __future__ import annotations

from pathlib import Path

import click

from dspy_ci.commands.modeloptions import model_options
from dspy_ci.settings import seconds


@click.command(short_help="Run the tests, find the cause of what is red, and prove a patch.")
@click.option("--log", metavar="LOG|-", help="A log that names failing tests; only those are mended.")
@click.option(
    "--test-cmd", metavar="CMD", help="How the tests are run, from the root of the repository; found when not given."
)
@click.option(
    "--type-cmd", metavar="CMD", help="The type checker; found from the project's configuration when not given."
)
@click.option("--lint-cmd", metavar="CMD", help="The linter; found from the project's configuration when not given.")
@click.option("--base", metavar="REF", help="A green commit.  [default: where the change left the trunk]")
@click.option(
    "--sandbox",
    type=click.Choice(["auto", "A", "B", "E"], case_sensitive=False),
    help="The tier to run in; auto is the best that holds here.  [default: auto]",
)
@click.option(
    "--allow-unsandboxed",
    is_flag=True,
    help="In CI: try patches although no tier that isolates holds, with all powers.",
)
@click.option("--budget", metavar="TIME", help="How long to look, e.g. 60s or 2m.  [default: 60s]")
@click.option("--max-patches", type=click.IntRange(1), help="How many verified patches to show.  [default: 3]")
@click.option(
    "--workers", type=click.IntRange(0), help="Copies searched side by side; 0 is one per core.  [default: 0]"
)
@click.option("--seed", type=int, help="Another seed, another order among equals.  [default: 0]")
@model_options
@click.option(
    "--apply", "apply_", is_flag=True, help="Apply the best verified patch to your files; the index stays as it is."
)
@click.option("--explain-ranking", is_flag=True, help="Also say where the cause was looked for, and why there.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to standard output."
)
@click.option("--quiet", "-q", is_flag=True, help="Only the report.")
def command(
    *, log: str | None, base: str | None, budget: str | None, apply_: bool, explain_ranking: bool, form: str,
    quiet: bool, allow_unsandboxed: bool, **options: object,
) -> int:  # fmt: skip
    """Run the tests, find the cause of what is red, and prove a patch.

    The tests and every candidate run in throw-away copies of the repository. A patch is offered as verified only when
    the failing tests were reproduced in the copy, each of them passed with the patch, and no other test was lost.
    A language model, when one is set, is asked last; what it writes is judged like every other patch.
    In CI patches only run where a sandbox isolates them; `dspy-ci doctor` shows what holds.

    Exits with 0 when nothing is red or a patch was verified, with 1 when failures remain.
    """
    from dspy_ci.commands.mending import Manner, mend  # noqa: PLC0415 - help needs none of it

    manner = Manner(json=form == "json", quiet=quiet, apply=apply_, ranking=explain_ranking)
    limit = seconds(budget) if budget else None
    waived = allow_unsandboxed or None
    return mend(Path.cwd(), manner, log=log, base=base, budget=limit, allow_unsandboxed=waived, **options)
