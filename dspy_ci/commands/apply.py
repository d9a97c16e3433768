"""`dspy-ci apply`: put a stored, verified patch into the working tree."""

from __future__ import annotations

from pathlib import Path

import click

from dspy_ci.adapters import patchstore
from dspy_ci.adapters.gittrees import place


@click.command(short_help="Apply a verified patch that a hook has stored.")
@click.argument("id", required=False)
@click.option("--list", "list_", is_flag=True, help="Show the stored patches, the newest first.")
def command(*, id: str | None, list_: bool) -> None:  # noqa: A002 - the word that users see
    """Apply a verified patch that a hook has stored: the newest, or the one whose ID begins so.

    The files change, the index does not.
    """
    where = place(Path.cwd())
    if list_:
        for patch in patchstore.stored(where):
            click.echo(f"{patch.id}  {patch.about.get('summary', '')}".rstrip())
        return
    patch = patchstore.find(where, id)
    patchstore.apply(where, patch)
    click.echo(f"applied {patch.id}; see `git diff`", err=True)
