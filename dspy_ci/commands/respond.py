"""`respond`: answer one PR comment."""

from __future__ import annotations

import click


@click.command(short_help="Answer one command in a comment of a pull request.")
@click.option(
    "--event",
    metavar="FILE",
    envvar="GITHUB_EVENT_PATH",
    required=True,
    help="The event as GitHub tells it.  [default: $GITHUB_EVENT_PATH]",
)
@click.option("--event-name", envvar="GITHUB_EVENT_NAME", default="issue_comment", metavar="NAME", hidden=True)
@click.option("--dry-run", is_flag=True, help="Post nothing; print what would be posted as JSON, one thing per line.")
@click.option("--budget", envvar="DSPY_CI_BUDGET", metavar="TIME", help="How long to look for a patch, e.g. 2m.")
@click.option("--allow-unsandboxed", is_flag=True, help="Run code of pull requests even where nothing isolates it.")
@click.option("--per-commit", type=click.IntRange(1), default=3, show_default=True, help="Attempts on one commit.")
@click.option("--per-day", type=click.IntRange(1), default=10, show_default=True, help="Attempts on one PR in a day.")
def command(**options: object) -> int:
    """Answer one command in a comment of a pull request: the first line of a new comment, such as `/dspy fix`.

    GITHUB_TOKEN answers; a token in DSPY_CI_PUSH_TOKEN, whose pushes start CI, commits what `/dspy apply` asks for.
    Code of the pull request runs in processes that see neither.

    Exits with 0 when the comment was answered, or was none for us.
    """
    from dspy_ci.commands.responding import respond  # noqa: PLC0415 - help needs none of it

    return respond(**options)  # type: ignore[arg-type]
