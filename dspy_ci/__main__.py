"""The process: runs the command line and turns errors into exit codes, in this one place."""

from __future__ import annotations

import os
import sys

import click

from dspy_ci.cli import cli
from dspy_ci.errors import DspyCiError, ExitCode


def main(args: list[str] | None = None) -> None:
    """Run the command line and leave with the documented exit code."""
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """The exit code of one command line."""
    try:
        result = cli.main(args, prog_name="dspy-ci", standalone_mode=False)
    except DspyCiError as error:
        _say(str(error), error.hint)
        return error.exit_code
    except click.exceptions.Abort:
        _say("interrupted")
        return ExitCode.INTERRUPTED
    except KeyboardInterrupt:
        _say("interrupted")
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing is wrong, and Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.SUCCESS
    except Exception as error:  # noqa: BLE001 - the last line of defence: a report file instead of a traceback
        _say(f"an unforeseen error: {type(error).__name__}", f"a report was saved as {_report()}; please send it to us")
        return ExitCode.FAULT
    return result if isinstance(result, int) else ExitCode.SUCCESS


def _say(message: str, hint: str | None = None) -> None:
    if message:
        click.echo(f"dspy-ci: {message}", err=True)
    if hint:
        click.echo(f"  hint: {hint}", err=True)


def _report() -> str:
    """Save versions and traceback of the current exception; the path, or why it could not be saved."""
    from dspy_ci.adapters.crash import save  # noqa: PLC0415 - only needed on the worst day

    return save()


if __name__ == "__main__":
    main()
