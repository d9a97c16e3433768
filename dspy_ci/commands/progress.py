"""What happens while people wait, on standard error: a line per stage, and on a terminal a line that moves."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import TracebackType

import click

from dspy_ci.commands.terminal import interactive, show
from dspy_ci.pipeline import Event, Step
from dspy_ci.reports.styled import Styled
from dspy_ci.search import Plausible, Trying

_WIDTH = 100
_EVERY = 0.1
"""Seconds between two pictures of the moving line."""


class Progress:
    """Shows the events of the pipeline; quiet shows none of them."""

    def __init__(self, *, quiet: bool) -> None:
        """Nothing is shown yet."""
        self._quiet = quiet
        self._moves = not quiet and interactive()
        self._drawn = 0.0

    def notes(self, notes: Iterable[str]) -> None:
        """What was found out before anything ran."""
        if not self._quiet:
            show((Styled(f"  {note}", "faint") for note in notes), err=True)

    def show(self, event: Event) -> None:
        """One event."""
        if self._quiet:
            return
        if isinstance(event, Step):
            self._clear()
            show([Styled(f"  {event.stage:<8} {event.text}")], err=True)
        elif isinstance(event, Plausible):
            self._clear()
            show([Styled(f"  {'found':<8} {event.patch.rationale}")], err=True)
        elif isinstance(event, Trying) and self._moves and event.seconds - self._drawn > _EVERY:
            self._drawn = event.seconds
            self._draw(event)

    def _draw(self, event: Trying) -> None:
        rate = event.tried / event.seconds if event.seconds else 0.0
        text = f"  trying   {event.tried} ({rate:.0f}/s) {event.patch.rationale}"
        click.echo(f"\r{text[:_WIDTH]:<{_WIDTH}}", nl=False, err=True)

    def _clear(self) -> None:
        if self._moves and self._drawn:
            click.echo(f"\r{'':<{_WIDTH}}\r", nl=False, err=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()
        sys.stderr.flush()
