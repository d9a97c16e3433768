"""`dspy-ci score`: the composite metric of the tree, or of a patch."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Score the tree or a patch: 0.6 tests, 0.25 types or syntax, 0.15 lint.")
@click.option("--patch", metavar="FILE", help="A diff, search/replace blocks or whole functions; `-` for stdin.")
@click.option("--test-cmd", metavar="CMD", help="How the tests are run; found when not given.")
@click.option("--type-cmd", metavar="CMD", help="The type checker; found when not given, off when empty.")
@click.option("--lint-cmd", metavar="CMD", help="The linter; found when not given, off when empty.")
@click.option("--sandbox", metavar="TIER", help="auto, A, B or E.  [default: auto]")
@click.option("--allow-unsandboxed", is_flag=True, help="Run a patch although no tier that isolates holds here.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to standard output."
)
def command(*, patch: str | None, allow_unsandboxed: bool, form: str, **options: str | None) -> int:
    """Score the tree or a patch: 0.6 tests, 0.25 types or syntax, 0.15 lint.

    Everything runs in a throw-away copy. The weight of what no tool measures is shared out among the rest. A tree is
    scored by the share of its tests that pass and by all diagnostics; a patch by the tests that it must turn green or
    keep green, and by new diagnostics only.

    Exits with 0 when the score is 1 or the patch is verified, with 1 otherwise.
    """
    from dspy_ci.commands.scoring import Wish, score  # noqa: PLC0415 - help needs none of it

    wish = Wish(patch, json=form == "json")
    return score(Path.cwd(), wish, allow_unsandboxed=allow_unsandboxed or None, **options)
