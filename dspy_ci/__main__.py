"""The process: runs the command line and turns errors into exit codes, in this one place."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

_CHECK = ["hook", "check"]
HELP: tuple[list[str], ...] = (["--help"], ["-h"], [])


def main() -> None:
    """Run the command line and leave with the documented exit code."""
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    """The exit code of one command line."""
    if args in HELP and "_DSPY_CI_COMPLETE" not in os.environ:
        return _overview()
    return _guarded(_check if args == _CHECK else lambda: _verb(args))


def _overview() -> int:
    """Answer `--help` without loading the command line: people wait for it."""
    from dspy_ci.verbs import overview  # noqa: PLC0415 - the other way needs none of it

    try:
        sys.stdout.write(overview())
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
    return 0


def _guarded(body: Callable[[], int]) -> int:
    """The exit code of the body, or of the error that ended it."""
    from dspy_ci.errors import DspyCiError, ExitCode  # noqa: PLC0415 - help needs none of it

    try:
        return body()
    except DspyCiError as error:
        _say(str(error), error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return ExitCode.SUCCESS
    except Exception as error:  # noqa: BLE001 - the last line of defence: a report file instead of a traceback
        _say(f"an unforeseen error: {type(error).__name__}", f"a report was saved as {_report()}; please send it to us")
        return ExitCode.FAULT


def _verb(args: list[str]) -> int:
    import click  # noqa: PLC0415 - a twentieth of a second that help and hooks do not have

    from dspy_ci.cli import cli  # noqa: PLC0415 - imports click
    from dspy_ci.errors import ExitCode  # noqa: PLC0415 - goes with them

    try:
        result = cli.main(args, prog_name="dspy-ci", standalone_mode=False)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    return result if isinstance(result, int) else ExitCode.SUCCESS


def _check() -> int:
    """Judge a commit without loading the command line: people wait for it, many times a day."""
    from dspy_ci.commands.checking import check  # noqa: PLC0415 - other verbs need none of it

    return check()


def _forget_stdout() -> None:
    """The reader has gone (`| head`): nothing is wrong, and Python must not complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str, hint: str | None = None) -> None:
    told = [*([f"dspy-ci: {message}"] if message else []), *([f"  hint: {hint}"] if hint else [])]
    if "GITHUB_ACTIONS" in os.environ:
        from dspy_ci.reports.workflow import inert  # noqa: PLC0415 - only where a runner takes orders from a log

        told = [inert(line) for line in told]
    sys.stderr.writelines(f"{line}\n" for line in told)


def _report() -> str:
    """Save versions and traceback of the current exception; the path, or why it could not be saved."""
    from dspy_ci.adapters.crash import save  # noqa: PLC0415 - only needed on the worst day

    return save()


if __name__ == "__main__":
    if sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109 - as Python itself wrote it there
        del sys.path[0]  # `python -m` looks in the project first, whose own click.py or token.py is none of ours
    main()
