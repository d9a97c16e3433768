"""`dspy-ci apply`: put a verified patch into the working tree, from the store of the hooks or from a bundle."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Apply a verified patch that a hook has stored, or of a bundle.")
@click.argument("id", required=False)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take the patch from a bundle of the Action, best first.",
)
@click.option("--list", "list_", is_flag=True, help="Show the patches instead, the newest or best first.")
def command(*, id: str | None, bundle: Path | None, list_: bool) -> None:  # noqa: A002 - the word that users see
    """Apply a verified patch that a hook has stored: the newest, or the one whose ID begins so.

    With --bundle it is one of the patches that the Action left in its artifact; what no patch may touch is refused once
    more. The files change, the index does not.
    """
    from dspy_ci.adapters import patchstore  # noqa: PLC0415 - help needs none of it
    from dspy_ci.adapters.gittrees import place  # noqa: PLC0415 - the same
    from dspy_ci.commands import bundled  # noqa: PLC0415 - the same

    where = place(Path.cwd())
    if list_:
        found = bundled.listed(bundle) if bundle else patchstore.stored(where)
        for patch in found:
            click.echo(f"{patch.id}  {patch.about.get('summary', '')}".rstrip())
        return
    chosen = bundled.taken(where, bundle, id) if bundle else patchstore.find(where, id)
    patchstore.apply(where, chosen)
    click.echo(f"applied {chosen.id}; see `git diff`", err=True)
