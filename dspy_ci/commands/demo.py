"""`dspy-ci demo`: break a small project in a temporary folder and mend it before your eyes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from dspy_ci.commands.demo_project import BROKEN, GOOD
from dspy_ci.commands.terminal import show
from dspy_ci.errors import MissingError
from dspy_ci.reports.styled import Styled


@click.command(short_help="Break a small project in a temporary folder and mend it before your eyes.")
@click.option(
    "--into", type=click.Path(path_type=Path), help="An empty folder for the project, instead of a temporary one."
)
def command(into: Path | None) -> int:
    """Break a small project in a temporary folder and mend it before your eyes.

    The project gets two commits: one that is green, and one that breaks it in a way that happens in real life. Then
    `dspy-ci fix` does what it would do in your project. The folder stays, so that you can look and try.
    """
    from dspy_ci.adapters import interpreters, newrepo  # noqa: PLC0415 - help needs none of it
    from dspy_ci.commands.mending import Manner, mend  # noqa: PLC0415 - the same

    python = interpreters.resolved(sys.executable, "pytest")
    if python is None:
        raise MissingError(
            "the demo needs pytest beside dspy-ci", hint=f"{sys.executable} -m pip install pytest, then again"
        )
    root = into or Path(tempfile.mkdtemp(prefix="dspy-ci-demo-"))
    newrepo.make(root, [("A reading list with pages", GOOD), ("Simplify the pages", BROKEN)])
    show([Styled(f"A small project stands in {root}; its newest commit broke it.", "head"), Styled("")], err=True)
    code = mend(root, Manner(origin="own"), test_cmd=f"{python} -m pytest -q")
    show(
        [
            Styled(""),
            Styled("Your turn:", "head"),
            Styled(f"  cd {root}"),
            Styled(f"  {sys.argv[0]} fix --test-cmd '{python} -m pytest -q' --apply"),
        ],
        err=True,
    )
    return code
