"""`dspy-ci action`: what a job of GitHub Actions calls; three roles that never meet in one process."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(
    invoke_without_command=True, short_help="Read a red run, prove a patch, publish it: the three roles of the Action."
)
@click.option("--log", "logs", type=_FILE, multiple=True, help="Read this log instead of those of the failed jobs.")
@click.option("--out", type=_FOLDER, help="Where facts, bundle and patches go.  [default: a temporary folder]")
@click.option("--budget", metavar="TIME", help="How long the solver may run tests, e.g. 90s or 10m.  [default: 5m]")
@click.option("--dry-run", is_flag=True, help="Post nothing; print and keep exactly what would be posted.")
@click.pass_context
def command(
    ctx: click.Context, *, logs: tuple[Path, ...], out: Path | None, budget: str | None, dry_run: bool
) -> int | None:
    """Read the failed jobs of this run, look for proved patches, publish what was found.

    Without a role this starts the three roles one after the other, each as a process of its own with nothing but what
    it needs: the reader a token that may read logs, the solver no token at all, the publisher a token and no code.

    Exits with 0 when everything was delivered, whatever was found; the output `status` says what that is.
    """
    if ctx.invoked_subcommand:
        return None
    from dspy_ci.commands.roles import all_three  # noqa: PLC0415 - help needs none of it

    return all_three(logs=logs, out=out, budget=budget, dry_run=dry_run)


@command.command(short_help="Read the logs of the failed jobs; needs a token with actions: read.")
@click.option("--log", "logs", type=_FILE, multiple=True, help="Read this log instead; then no token is needed.")
@click.option("--out", type=_FILE, required=True, help="Where the facts go.")
@click.option("--folder", type=_FOLDER, default=Path(), help="The repository, when there is no event.")
def read(*, logs: tuple[Path, ...], out: Path, folder: Path) -> int:
    """Read the logs of the failed jobs of this run and write what they say, without secrets, as facts."""
    from dspy_ci.commands.reader import read_run  # noqa: PLC0415 - help needs none of it

    return read_run(out, logs, folder)


@command.command(short_help="Look for a proved patch; refuses to run where a token is.")
@click.option("--facts", type=_FILE, required=True, help="What the reader wrote.")
@click.option("--out", type=_FILE, required=True, help="Where the bundle goes; patches are put beside it.")
@click.option("--folder", type=_FOLDER, default=Path(), help="The checkout.  [default: here]")
@click.option("--budget", metavar="TIME", help="How long to run tests, e.g. 90s or 10m.  [default: 5m]")
@click.option("--test-cmd", metavar="CMD", help="How the tests are run; found when not given.")
@click.option("--only-triage", is_flag=True, help="Tell apart whose failures these are, and look for no patch.")
def solve(*, facts: Path, out: Path, folder: Path, budget: str | None, test_cmd: str | None, only_triage: bool) -> int:
    """Tell apart whose failures these are, look for patches, prove them in the sandbox, write a bundle.

    Code of the pull request runs here, so there must be no token in the environment.
    """
    from dspy_ci.commands.solver import solve_facts  # noqa: PLC0415 - help needs none of it

    return solve_facts(folder, facts, out, budget=budget, test_cmd=test_cmd, mend=not only_triage)


@command.command(short_help="Post a bundle; needs a token, no checkout and no model.")
@click.option("--bundle", type=_FILE, required=True, help="What the solver wrote.")
@click.option("--dry-run", is_flag=True, help="Post nothing; print and keep exactly what would be posted.")
@click.option("--folder", type=_FOLDER, hidden=True, help="The repository that a dry run without a token draws on.")
def publish(*, bundle: Path, dry_run: bool, folder: Path | None) -> int:
    """Check a bundle once more and deliver it: suggestions, comments, annotations, summary, outputs."""
    from dspy_ci.commands.publisher import publish_bundle  # noqa: PLC0415 - help needs none of it

    return publish_bundle(bundle, dry_run=dry_run, folder=folder)
