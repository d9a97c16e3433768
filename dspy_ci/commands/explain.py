"""`explain`: the failures in a log, root cause first."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from dspy_ci.errors import RedError, UsageError
from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.reports.explanation import Explanation, as_record, as_text

_CHUNK = 1 << 18


@click.command()
@click.argument("logs", nargs=-1, metavar="[LOG|-]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What goes to stdout.")
def command(logs: tuple[str, ...], form: str) -> None:
    """Name the failures in a log, root cause first.

    LOG is a file, or `-` for stdin. Exits with 1 when failures were found.
    """
    red = False
    for log in logs or ("-",):
        explanation = _explained(log)
        red = red or bool(explanation.diagnosis.open)
        click.echo(json.dumps(as_record(explanation)) if form == "json" else as_text(explanation))
    if red:
        raise RedError


def _explained(log: str) -> Explanation:
    started = time.perf_counter()
    try:
        with sys.stdin.buffer if log == "-" else Path(log).open("rb") as stream:
            diagnosis = diagnose(pages_of(_chunks(stream)))
    except OSError as error:
        raise UsageError(f"cannot read {log}: {(error.strerror or str(error)).lower()}") from error
    return Explanation(log, diagnosis, time.perf_counter() - started)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk
