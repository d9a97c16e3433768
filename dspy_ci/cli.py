"""The verbs, loaded when they are called and not before."""

from __future__ import annotations

from importlib import import_module

import click

from dspy_ci import __version__

VERBS: dict[str, str] = {
    "explain": "Name the failures in a log, root cause first.",
}
"""Verb to one-line help, in the order of `--help`; the module of the same name in `commands/` holds `command`."""


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table as it is written, so that help costs no import."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """A red build goes in, a verified patch comes out.

    Exit codes: 0 nothing wrong, or mended with proof; 1 failures remain; 2 usage; 3 our own fault;
    4 a needed outside thing is missing; 130 interrupted.
    """
