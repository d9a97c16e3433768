"""`dspy-ci hook`: what git runs before a commit and before a push."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from dspy_ci.adapters import hooksfolder
from dspy_ci.adapters.gittrees import GitTrees, place
from dspy_ci.adapters.rufflint import RuffLint
from dspy_ci.codebase.difference import Difference
from dspy_ci.errors import DspyCiError, ExitCode, RedError
from dspy_ci.failures.breaks.judge import breaks
from dspy_ci.reports.brief import brief
from dspy_ci.settings import Settings, load

_NO_REASON_TO_BLOCK = frozenset({ExitCode.FAULT, ExitCode.MISSING})


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Judge what is about to be committed or pushed, and mend it."""


def _mannerly(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a hook its manners: it can be skipped, and a fault of ours does not stop anybody's commit."""

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @wraps(body)
        def run(*args: object, **options: object) -> None:
            if skipped(name, os.environ):
                return
            try:
                body(*args, **options)
            except DspyCiError as error:
                if error.exit_code not in _NO_REASON_TO_BLOCK or _required():
                    raise
                click.echo(f"dspy-ci: {name} was left out: {error}", err=True)
            except Exception as error:
                if _required():
                    raise
                from dspy_ci.adapters.crash import save  # noqa: PLC0415 - only needed on the worst day

                click.echo(f"dspy-ci: {name} was left out: {type(error).__name__}, see {save()}", err=True)

        return run

    return decorate


def skipped(name: str, environment: os._Environ[str] | dict[str, str]) -> bool:
    """Whether the user asked for this hook to be left out: `SKIP=dspy-ci-check`, `DSPY_CI_SKIP=check,fix` or `=1`."""
    ids = {part.strip() for part in environment.get("SKIP", "").split(",")}
    own = {part.strip().removeprefix("dspy-ci-") for part in environment.get("DSPY_CI_SKIP", "").split(",")}
    return f"dspy-ci-{name}" in ids or not own.isdisjoint({name, "1", "all", "true"})


def _required() -> bool:
    try:
        return load(place(Path.cwd()).root, os.environ).required
    except DspyCiError:
        return False


@command.command()
@click.argument("files", nargs=-1)
@_mannerly("check")
def check(files: tuple[str, ...]) -> None:
    """Judge the staged tree: what the commit would break, whoever uses it.

    FILES, as pre-commit gives them, are ignored: a commit is judged as a whole.
    """
    del files
    where = place(Path.cwd())
    settings: Settings = load(where.root, os.environ)
    with GitTrees(where.root) as trees:
        failures = breaks(Difference(trees, settings.hook_exclude), RuffLint())
    if failures:
        click.echo(brief(failures), nl=False)
        raise RedError


@command.command()
@click.argument("files", nargs=-1)
@_mannerly("fix")
def fix(files: tuple[str, ...]) -> None:
    """Mend in your files what `check` names and exactly one proved edit cures; nothing is staged.

    FILES, as pre-commit gives them, are ignored. Exits with 1 when it changed something, as pre-commit expects.
    """
    del files
    from dspy_ci.commands.fixing import mend  # noqa: PLC0415 - check and install need none of it

    done = mend(place(Path.cwd()))
    for path, what in done.items():
        click.echo(f"mended {path}: {what}")
    if done:
        raise RedError


@command.command()
@click.argument("remote", nargs=-1)
@_mannerly("verify")
def verify(remote: tuple[str, ...]) -> None:
    """Run the tests that the push can reach, in a sandbox, on exactly the pushed tree.

    REMOTE is what git gives its pre-push hook. When tests are red that were not before, looks for a verified patch
    within the budget, shows and stores it; `dspy-ci apply` applies it.
    """
    from dspy_ci.commands import verifying  # noqa: PLC0415 - check and install need none of it
    from dspy_ci.reports.push_text import push_text  # noqa: PLC0415 - the same

    where = place(Path.cwd())
    lines = sys.stdin.read().splitlines() if remote else []
    found = verifying.verify(where, load(where.root, os.environ), lines, os.environ)
    for red in found:
        click.echo(push_text(red.tests, red.ran, red.report), nl=False)
    if found:
        raise RedError


@command.command()
@click.option("--pre-push", is_flag=True, help="Also run the tests that a push can reach.")
def install(*, pre_push: bool) -> None:
    """Have git run the hooks of this repository; what stands there already is kept and runs first."""
    for line in hooksfolder.install(place(Path.cwd()), ("pre-commit", "pre-push") if pre_push else ("pre-commit",)):
        click.echo(line)


@command.command()
def uninstall() -> None:
    """Take back what `install` did."""
    for line in hooksfolder.uninstall(place(Path.cwd())):
        click.echo(line)
