"""What `serve-bot` does with its queue: worker threads that answer one command after the other."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from dspy_ci.adapters import crash
from dspy_ci.errors import DspyCiError, MissingError, Refused, Throttled, Unreachable
from dspy_ci.reports.markdown import visible
from dspy_ci.requests.metrics import Metrics
from dspy_ci.requests.queue import Queue, Waiting
from dspy_ci.requests.said import Said

_MOST = 8
"""How often a command is begun; one that ends the process every time must not do so for ever."""
_LONGEST = 600.0
"""Seconds between two tries at the most."""


class Workers:
    """Threads that take from a queue until it is closed."""

    def __init__(self, queue: Queue, answer: Callable[[Said], str], metrics: Metrics, number: int = 2) -> None:
        """`answer` carries out a command and says in a word how it ended."""
        self._queue, self._answer, self._metrics = queue, answer, metrics
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(number)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float) -> bool:
        """Begin nothing new, and wait for what is being done; whether all of it was."""
        self._stopping.set()
        self._queue.close()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._once()

    def _once(self) -> None:
        try:
            if waiting := self._queue.take(1.0):
                self._handle(waiting)
        except MissingError:  # the store cannot be written; what was taken comes again with the next start
            self._metrics.count("requests_total", "unrecorded")
            self._stopping.wait(5.0)

    def _handle(self, waiting: Waiting) -> None:
        outcome, why = "abandoned", ""
        if waiting.tries <= _MOST:
            try:
                outcome = self._answer(waiting.said)
            except (Throttled, Unreachable):
                self._metrics.count("retries_total", "forge")
                self._queue.back(waiting, min(_LONGEST, 5.0 * 2**waiting.tries))
                return
            except DspyCiError as error:
                outcome, why = "refused" if isinstance(error, Refused) else "failed", f": {error}"
            except Exception:  # noqa: BLE001 - one command must not end the service; a report file says what it was
                outcome = "crashed"
                with suppress(OSError):
                    crash.save()
        self._queue.done(waiting, outcome)
        self._metrics.count("requests_total", outcome)
        said = waiting.said
        sys.stderr.write(visible(f"{said.repo}#{said.number} comment {said.comment}: {outcome}{why}") + "\n")
