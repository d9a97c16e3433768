"""`dspy-ci edit`: a described change, written by a model and judged like every other patch."""

from __future__ import annotations

from pathlib import Path

import click

from dspy_ci.commands.modeloptions import model_options


@click.command(short_help="Have a described change written by a model, and judge it in the sandbox.")
@click.argument("task")
@click.option("--files", multiple=True, metavar="PATH", help="A file that may be changed; may be given several times.")
@click.option("--log", metavar="LOG|-", help="A log that says more about the task.")
@click.option("--test-cmd", metavar="CMD", help="How the tests are run; found when not given.")
@click.option("--type-cmd", metavar="CMD", help="The type checker; found when not given, off when empty.")
@click.option("--lint-cmd", metavar="CMD", help="The linter; found when not given, off when empty.")
@click.option("--sandbox", metavar="TIER", help="auto, A, B or E.  [default: auto]")
@click.option("--allow-unsandboxed", is_flag=True, default=None, help="Run what a model wrote where nothing isolates.")
@click.option("--ignore-red", is_flag=True, help="What is red has nothing to do with the task: only do no harm.")
@model_options
@click.option("--seed", type=int, help="Another seed, other answers.  [default: 0]")
@click.option("--apply", "apply_", is_flag=True, help="Apply the best change to your files; the index stays as it is.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to standard output."
)
@click.option("--quiet", "-q", is_flag=True, help="Only the report.")
def command(
    *, task: str, files: tuple[str, ...], log: str | None, ignore_red: bool, apply_: bool, form: str, quiet: bool,
    **options: object,
) -> int:  # fmt: skip
    """Have a described change written by a model, and judge it in the sandbox.

    TASK says what shall be different. The model writes search/replace blocks or whole functions; they are placed in a
    throw-away copy, judged by the policy, the tests and the checkers, and shown as a diff. Where tests are red, only a
    change that turns them green counts; where all are green, one that loses none of them, and that is said.

    Exits with 0 when there is such a change, with 1 when there is none, with 4 when no model answered.
    """
    from dspy_ci.commands.editing import Wish, edit  # noqa: PLC0415 - help needs none of it

    paths = tuple(part.strip() for path in files for part in path.split(",") if part.strip())
    wish = Wish(task, paths, log, ignore_red=ignore_red, apply=apply_, json=form == "json", quiet=quiet)
    return edit(Path.cwd(), wish, **options)
