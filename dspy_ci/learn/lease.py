"""A copy lent for a while: who still holds it after that gets nothing out of it."""

from __future__ import annotations

import threading

from dspy_ci.errors import SandboxError
from dspy_ci.ports.sandbox import NOTHING, Command, Copy, Files, Outcome, TestReport, TestRun


class Lease:
    """A search that is left early still runs its last batch: that one is waited for, no other one begins."""

    def __init__(self, copy: Copy) -> None:
        """Lend the copy."""
        self._copy, self._lock, self._over = copy, threading.Lock(), False
        self.root = copy.root

    def run(self, command: Command, files: Files = NOTHING) -> Outcome:
        """See Copy. Raises SandboxError when the lease is over."""
        with self._lock:
            self._held()
            return self._copy.run(command, files)

    def test(self, run: TestRun, files: Files = NOTHING) -> TestReport:
        """See Copy. Raises SandboxError when the lease is over."""
        with self._lock:
            self._held()
            return self._copy.test(run, files)

    def stale(self) -> tuple[str, ...]:
        """See Copy."""
        return self._copy.stale()

    def end(self) -> None:
        """Wait for what runs, and let nothing else begin."""
        with self._lock:
            self._over = True

    def _held(self) -> None:
        if self._over:
            raise SandboxError("the copy was given back")

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
