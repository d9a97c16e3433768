"""`dspy-ci train`: learn from the history of the repository, and prove that something was learnt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from dspy_ci.commands.modeloptions import which_model
from dspy_ci.settings import seconds

FC = TypeVar("FC", bound=Callable[..., Any])


@click.group(
    short_help="Learn from the repository's own history, and show what was gained.", invoke_without_command=True
)
@click.option("--auto", is_flag=True, help="Mine, run, report and promote in one go, with a light budget.")
@click.option("--budget", metavar="TIME", default="10m", show_default=True, help="With --auto: how long to mine.")
@click.pass_context
def command(context: click.Context, *, auto: bool, budget: str) -> int | None:
    """Learn from the repository's own history, and show what was gained.

    `mine` finds bugs with their cures, `run` learns from them, `report` examines what was learnt on newer ones, and
    `promote` puts it in place, but only if it is better.
    """
    if context.invoked_subcommand is not None:
        if auto:
            raise click.UsageError("--auto runs all steps; it goes with none of them")
        return None
    if not auto:
        click.echo(context.get_help())
        return 2
    from dspy_ci.commands import training  # noqa: PLC0415 - help needs none of it

    return training.auto(Path.cwd(), training.Manner(), seconds(budget))


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
    "--forge/--no-forge", default=True, help="Read merged pull requests where a token and GITHUB_REPOSITORY are set."
)
@click.option("--verify", is_flag=True, help="Look at every case once more, and take out what is not seen again.")
@click.option(
    "--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True,
    help="Where several repositories are mined: here, one after the other, or as tasks of Spark.",
)  # fmt: skip
@click.argument("repositories", nargs=-1, metavar="[REPOSITORY]...", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to standard output."
)
@click.option("--quiet", "-q", is_flag=True, help="Only the report.")
def mine(*, budget: str, data: Path | None, form: str, commits: int, cases: int, engine: str,
         repositories: tuple[Path, ...], quiet: bool, fresh: bool, verify: bool, forge: bool,
         **options: object) -> int:  # fmt: skip
    """Find bugs with their cures in the history, each proved in the sandbox.

    A commit counts when tests of it are red on its parent and green with it, again in a fresh process; a revert the
    same way; a lint or type fix when a diagnostic goes away and none comes. Where history is thin, old versions of
    functions are put back and small bugs are planted. Datasets are written as JSON lines, split by time; secrets are
    taken out. A run that was stopped goes on where it was.

    Exits with 0 when there are cases, with 1 when none was found.
    """
    from dspy_ci.commands.mining import Wish, mine_here, mine_many  # noqa: PLC0415 - help needs none of it

    wish = Wish(
        commits, cases, seconds(budget), data, json=form == "json", quiet=quiet, fresh=fresh, forge=forge, verify=verify
    )
    if not repositories and engine == "local":
        return mine_here(Path.cwd(), wish, **options)
    return mine_many(repositories or (Path.cwd(),), wish, engine, **options)


MODULES = ("priors", "context", "task", "code", "codegen", "orchestrator")


def _module(function: FC) -> FC:
    return click.option(
        "--module", type=click.Choice(MODULES), default="priors", show_default=True,
        help="What learns: the order of our own candidates, which needs no model, or a program of a model.",
    )(function)  # fmt: skip


def _common(function: FC) -> FC:
    for option in reversed((
        click.option(
            "--data", metavar="DIR", type=click.Path(path_type=Path), help="Where the cases lie.  [default: .dspy_data]"
        ),
        click.option("--test-cmd", metavar="CMD", help="How the tests are run; found when not given."),
        click.option("--sandbox", metavar="TIER", help="auto, A, B or E.  [default: auto]"),
        click.option("--workers", type=click.IntRange(0), help="Copies that work side by side; 0 is one per core."),
        click.option(
            "--format", "form", type=click.Choice(["text", "json"]), default="text",
            help="What goes to standard output.",
        ),
        click.option("--quiet", "-q", is_flag=True, help="Only the report."),
    )):  # fmt: skip
        function = option(function)
    return function


@command.command(short_help="Learn from the training cases.")
@_module
@click.option(
    "--auto", type=click.Choice(["light", "medium", "heavy"]), default="light", show_default=True,
    help="How much a program of a model may cost.",
)  # fmt: skip
@click.option("--max-metric-calls", type=click.IntRange(1), help="The same in graded answers.")
@click.option("--budget", metavar="TIME", default="1h", show_default=True, help="How long a training may take.")
@click.option("--reflection-model", metavar="NAME", help="A stronger model to reflect with.  [default: the same]")
@which_model
@_common
def run(
    *, module: str, data: Path | None, form: str, quiet: bool, auto: str, max_metric_calls: int | None, budget: str,
    reflection_model: str | None, **options: object,
) -> int:  # fmt: skip
    """Learn from the training cases.

    Without a model, the cures of the past say which kinds of change come first in this repository. With a model, GEPA
    writes better instructions for one of its programs: answers are graded, a model reflects on the grades. A training
    that would only burn its budget is ended with a sentence. The outcome lies beside the datasets until it is promoted.

    Exits with 0 when something was learnt, with 1 when nothing better was found.
    """
    from dspy_ci.commands import training  # noqa: PLC0415 - help needs none of it
    from dspy_ci.commands.tuition import Effort  # noqa: PLC0415 - the same

    manner = training.Manner(data, json=form == "json", quiet=quiet)
    effort = Effort(auto, max_metric_calls, seconds(budget), reflection_model)
    return training.run(Path.cwd(), module, manner, effort, **options)


@command.command(short_help="Compare before and after on what was held out.")
@_module
@which_model
@_common
def report(*, module: str, data: Path | None, form: str, quiet: bool, **options: object) -> int:
    """Compare before and after on what was held out.

    Nothing that was learnt has seen these cases. Says the gain with its 95 % interval, as text and as a picture.

    Exits with 0 when it is better, with 1 when it is not.
    """
    from dspy_ci.commands import training  # noqa: PLC0415 - help needs none of it

    return training.report(Path.cwd(), module, training.Manner(data, json=form == "json", quiet=quiet), **options)


@command.command(short_help="Put what was learnt in place, if it is better.")
@_module
@_common
def promote(*, module: str, data: Path | None, form: str, quiet: bool, **options: object) -> int:
    """Put what was learnt in place, if it is better.

    Writes a small JSON file into `.dspy-ci/`, for you to commit. What the report does not call better is refused.

    Exits with 0 when it was promoted, with 1 when it was refused.
    """
    from dspy_ci.commands import training  # noqa: PLC0415 - help needs none of it

    return training.promote(Path.cwd(), module, training.Manner(data, json=form == "json", quiet=quiet), **options)
