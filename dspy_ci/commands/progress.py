"""What happens while people wait, on standard error: a line per stage, and on a terminal a line that moves."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from dspy_ci.commands.terminal import interactive, show
from dspy_ci.pipeline import Event, Step
from dspy_ci.reports.styled import Styled
from dspy_ci.search import Plausible, Trying

if TYPE_CHECKING:
    from rich.status import Status

_LONGEST = 90
"""Characters of a rationale in the moving line."""


class Progress:
    """Shows the events of the pipeline; quiet shows none of them."""

    def __init__(self, *, quiet: bool) -> None:
        """Nothing is shown yet."""
        self._quiet = quiet
        self._found = False
        self._moving: Status | None = _moving_line() if not quiet and interactive() else None

    def notes(self, notes: Iterable[str]) -> None:
        """What was found out before anything ran."""
        if not self._quiet:
            show((Styled(f"  {note}", "faint") for note in notes), err=True)

    def show(self, event: Event) -> None:
        """One event."""
        if self._quiet:
            return
        if isinstance(event, Step):
            self._tell(event.stage, event.text)
        elif isinstance(event, Plausible):
            if not self._found:  # rivals are counted when the search is over
                self._tell("found", event.patch.rationale)
            self._found = True
        elif isinstance(event, Trying) and self._moving:
            rate = event.tried / event.seconds if event.seconds else 0.0
            self._moving.update(f"{event.tried} tried, {rate:.0f}/s: {_plain(event.patch.rationale)}")

    def _tell(self, stage: str, text: str) -> None:
        """A line that stays; the moving line makes room for it."""
        if self._moving:
            self._moving.stop()
        show([Styled(f"  {stage:<8} {text}")], err=True)
        if self._moving:
            self._moving.start()

    def __enter__(self) -> Progress:
        if self._moving:
            self._moving.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._moving:
            self._moving.stop()


def _moving_line() -> Status:
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second that only people at a terminal pay
    from rich.status import Status  # noqa: PLC0415 - the same

    return Status("running the tests", console=Console(stderr=True))


def _plain(text: str) -> str:
    """Text of the project's own code, without what rich would take for markup."""
    from rich.markup import escape  # noqa: PLC0415 - only where it is loaded already

    return escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
