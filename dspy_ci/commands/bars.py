"""A bar that grows while something long is done, on terminals; elsewhere a line now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from dspy_ci.commands.terminal import interactive, show
from dspy_ci.reports.styled import Styled

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY = 15.0
"""Seconds between two lines where nobody watches."""


class Bar:
    """Shows how far each stage is; quiet shows nothing."""

    def __init__(self, *, quiet: bool) -> None:
        """Nothing is shown yet."""
        self._quiet = quiet
        self._progress: Progress | None = _progress() if not quiet and interactive() else None
        self._tasks: dict[str, TaskID] = {}
        self._last = 0.0

    def show(self, stage: str, done: int, total: int, text: str) -> None:
        """That much of the stage is done."""
        if self._progress:
            if stage not in self._tasks:
                self._tasks[stage] = self._progress.add_task(stage, total=total)
            self._progress.update(self._tasks[stage], completed=done, total=total, description=f"{stage}: {text}")
        elif not self._quiet and (done == total or time.monotonic() - self._last > _EVERY):
            self._last = time.monotonic()
            show([Styled(f"  {stage:<8} {done} of {total}: {text}")], err=True)

    def __enter__(self) -> Bar:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()


def _progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second that only people at a terminal pay
    from rich.progress import Progress  # noqa: PLC0415 - the same

    return Progress(console=Console(stderr=True), transient=True)
