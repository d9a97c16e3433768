"""Printing reports: colour on terminals only, control characters of foreign text never."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

import click

from dspy_ci.reports.styled import Style, Styled
from dspy_ci.reports.workflow import inert

_LOOKS: dict[Style, dict[str, Any]] = {
    "plain": {},
    "head": {"bold": True},
    "good": {"fg": "green", "bold": True},
    "bad": {"fg": "red"},
    "faint": {"dim": True},
    "added": {"fg": "green"},
    "removed": {"fg": "red"},
    "place": {"fg": "cyan"},
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def show(lines: Iterable[Styled], *, err: bool = False) -> None:
    """Print a report, line by line as it comes."""
    for line in lines:
        text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", line.text)
        click.secho(inert(text) if _obeyed() else text, err=err, color=colour(), **_LOOKS[line.style])


def show_json(record: dict[str, Any]) -> None:
    """Print one JSON object on one line of standard output; text that is no Unicode is escaped."""
    text = json.dumps(record, ensure_ascii=True, default=str)
    click.echo(text.replace("##[", "#\\u0023[") if _obeyed() else text)


def _obeyed() -> bool:
    """Whether somebody takes orders from what is printed: the runner of GitHub Actions."""
    return "GITHUB_ACTIONS" in os.environ


def colour() -> bool | None:
    """What the environment says about colour; None leaves it to the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def interactive() -> bool:
    """Whether a person watches the progress."""
    return sys.stderr.isatty() and "CI" not in os.environ
