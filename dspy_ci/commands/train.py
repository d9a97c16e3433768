"""`dspy-ci train`: learn from the history of the repository, and prove that something was learnt."""

from __future__ import annotations

from pathlib import Path

import click

from dspy_ci.settings import seconds


@click.group(short_help="Learn from the repository's own history, and show what was gained.")
def command() -> None:
    """Learn from the repository's own history, and show what was gained."""


@command.command(short_help="Find bugs with their cures in the history, each proved in the sandbox.")
@click.option("--commits", type=click.IntRange(1), default=500, show_default=True, help="How far back to look.")
@click.option(
    "--cases", type=click.IntRange(0), default=60, show_default=True, help="With fewer than that, bugs are planted."
)
@click.option("--budget", metavar="TIME", default="10m", show_default=True, help="How long; a second run goes on.")
@click.option("--data", metavar="DIR", type=click.Path(path_type=Path), help="Where to.  [default: .dspy_data]")
@click.option("--test-cmd", metavar="CMD", help="How the tests are run; found when not given.")
@click.option("--type-cmd", metavar="CMD", help="The type checker; found when not given, off when empty.")
@click.option("--lint-cmd", metavar="CMD", help="The linter; found when not given, off when empty.")
@click.option("--sandbox", metavar="TIER", help="auto, A, B or E.  [default: auto]")
@click.option("--workers", type=click.IntRange(0), help="Copies that work side by side; 0 is one per core.")
@click.option("--seed", type=int, help="Another seed, other plants.  [default: 0]")
@click.option("--fresh", is_flag=True, help="Forget what was mined before.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to standard output."
)
@click.option("--quiet", "-q", is_flag=True, help="Only the report.")
def mine(*, budget: str, data: Path | None, form: str, quiet: bool, fresh: bool, commits: int, cases: int,
         **options: object) -> int:  # fmt: skip
    """Find bugs with their cures in the history, each proved in the sandbox.

    A commit counts when tests of it are red on its parent and green with it, twice more in fresh processes; a revert
    the same way; a lint or type fix when a diagnostic goes away and none comes. Where history is thin, old versions of
    functions are put back and small bugs are planted. Datasets are written as JSON lines, split by time; secrets are
    taken out. A run that was stopped goes on where it was.

    Exits with 0 when there are cases, with 1 when none was found.
    """
    from dspy_ci.commands.mining import Wish, mine_here  # noqa: PLC0415 - help needs none of it

    wish = Wish(commits, cases, seconds(budget), data, json=form == "json", quiet=quiet, fresh=fresh)
    return mine_here(Path.cwd(), wish, **options)
