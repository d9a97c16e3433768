"""`serve-bot`: the same commands as `respond`, from a webhook server."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Answer commands in pull requests from a webhook server of your own.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; put a proxy with TLS before it.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 is any that is free.")
@click.option("--state", type=click.Path(path_type=Path), help="The file that keeps what waits.  [default: XDG state]")
@click.option("--repo", "repos", multiple=True, metavar="OWNER/NAME", help="Work for this repository only; repeatable.")
@click.option("--workers", type=click.IntRange(1, 32), default=2, show_default=True, help="Commands at the same time.")
@click.option("--capacity", type=click.IntRange(1), default=1000, show_default=True, help="Commands that may wait.")
@click.option("--max-body", type=click.IntRange(1024), default=4 << 20, show_default=True, help="Bytes of a delivery.")
@click.option("--app-id", type=click.IntRange(1), envvar="DSPY_CI_APP_ID", help="Work as this GitHub App.")
@click.option(
    "--app-key", type=click.Path(path_type=Path), envvar="DSPY_CI_APP_KEY", metavar="FILE", help="Its private key."
)
@click.option("--budget", envvar="DSPY_CI_BUDGET", metavar="TIME", help="How long to look for a patch, e.g. 2m.")
@click.option("--allow-unsandboxed", is_flag=True, help="Run code of pull requests even where nothing isolates it.")
@click.option("--per-commit", type=click.IntRange(1), default=3, show_default=True, help="Attempts on one commit.")
@click.option("--per-day", type=click.IntRange(1), default=10, show_default=True, help="Attempts on one PR in a day.")
@click.option(
    "--pause", type=click.FloatRange(0),
    help="Seconds between two posts.  [default: 1, as GitHub asks; 0 for a forge on loopback]",
)  # fmt: skip
def command(**options: object) -> int:
    """Answer commands in pull requests from a webhook server of your own.

    DSPY_CI_WEBHOOK_SECRET is the secret of the webhook. GITHUB_TOKEN, or a GitHub App with its key, answers. What was
    accepted survives a crash. /health and /metrics tell how it goes.
    """
    from dspy_ci.commands.hosting import host  # noqa: PLC0415 - help needs none of it

    return host(**options)  # type: ignore[arg-type]
