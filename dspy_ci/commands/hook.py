"""`dspy-ci hook`: what git runs before a commit and before a push."""

from __future__ import annotations

from pathlib import Path

import click

from dspy_ci.adapters.gittrees import place


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Judge what is about to be committed or pushed, and mend it.

    SKIP=dspy-ci-check or DSPY_CI_SKIP=check,fix leaves hooks out once; `git commit --no-verify` leaves out all. A hook
    that cannot do its work says so in one line and passes, unless `required = true` stands in [tool.dspy-ci].
    """


@command.command(short_help="Judge the staged tree.")
@click.argument("files", nargs=-1)
def check(files: tuple[str, ...]) -> int:
    """Judge the staged tree: what the commit would break, whoever uses it.

    FILES, as pre-commit gives them, are ignored: a commit is judged as a whole.
    """
    del files
    from dspy_ci.commands import checking  # noqa: PLC0415 - install needs none of it

    return checking.check()


@command.command(short_help="Mend what one proved edit cures.")
@click.argument("files", nargs=-1)
def fix(files: tuple[str, ...]) -> int:
    """Mend in your files what `check` names and exactly one proved edit cures; nothing is staged.

    FILES, as pre-commit gives them, are ignored. Exits with 1 when it changed something, as pre-commit expects.
    """
    del files
    from dspy_ci.commands import fixing  # noqa: PLC0415 - install needs none of it

    return fixing.fix()


@command.command(short_help="Run the tests that a push can reach.")
@click.argument("remote", nargs=-1)
@click.option("--allow-unsandboxed", is_flag=True, help="In CI: run although no tier that isolates holds here.")
def verify(remote: tuple[str, ...], *, allow_unsandboxed: bool) -> int:
    """Run the tests that the push can reach, in a sandbox, on exactly the pushed tree.

    REMOTE is what git gives its pre-push hook. When tests are red that were not before, looks for a verified patch
    within the budget, shows and stores it; `dspy-ci apply` applies it. In CI it refuses (exit code 4) where no sandbox
    isolates.
    """
    from dspy_ci.commands import verifying  # noqa: PLC0415 - install needs none of it

    return verifying.verify(from_git=bool(remote), allow_unsandboxed=allow_unsandboxed)


@command.command(short_help="Have git run our hooks.")
@click.option("--pre-push", is_flag=True, help="Also run the tests that a push can reach.")
def install(*, pre_push: bool) -> None:
    """Have git run the hooks of this repository; what stands there already is kept and runs first."""
    from dspy_ci.adapters import hooksfolder  # noqa: PLC0415 - hooks themselves need none of it

    for line in hooksfolder.install(place(Path.cwd()), ("pre-commit", "pre-push") if pre_push else ("pre-commit",)):
        click.echo(line)


@command.command(short_help="Take our hooks away.")
def uninstall() -> None:
    """Take back what `install` did."""
    from dspy_ci.adapters import hooksfolder  # noqa: PLC0415 - hooks themselves need none of it

    for line in hooksfolder.uninstall(place(Path.cwd())):
        click.echo(line)
