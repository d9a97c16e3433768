"""The command line: verbs are loaded when they are called and not before."""

from __future__ import annotations

from importlib import import_module

import click

from dspy_ci import __version__
from dspy_ci.verbs import VERBS, overview


class LazyGroup(click.Group):
    """A group that imports the module of a verb only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of the table."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's own command."""
        del ctx
        if cmd_name not in VERBS:
            return None
        module = import_module(f"dspy_ci.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def get_help(self, ctx: click.Context) -> str:
        """The written overview."""
        del ctx
        return overview().rstrip("\n")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """A red build goes in, a verified patch comes out."""
