"""How much memory all processes of a run hold together, and the moment at which that is too much."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from dspy_ci.adapters.sandbox.supervise import descendants

_PAGE = os.sysconf("SC_PAGESIZE")
_EVERY = 0.05
"""Seconds between two looks; a run can grow by what it fills in that time."""
_SHARE = 0.1
"""Looking may take this part of the time: a tree of hundreds of processes is looked at less often."""


class Scale:
    """Weighs what runs below this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._next = 0.0
        self.problem: str | None = None
        """Why the last run was ended, None when it was not heavy."""

    def reset(self) -> None:
        """Forget the last run."""
        self._next, self.problem = 0.0, None

    def is_heavy(self) -> bool:
        """Whether all processes together hold more than the limit; looked at anew when its time has come."""
        now = time.monotonic()
        if self.problem or now < self._next:
            return bool(self.problem)
        pids = descendants(os.getpid())
        if _resident(pids) + _unmapped(pids) > self._limit and _weight(pids) > self._limit:
            self.problem = f"its processes together held more than the {_shown(self._limit)} of memory they may hold"
        spent = time.monotonic() - now
        self._next = now + max(_EVERY, spent / _SHARE)
        return bool(self.problem)


def _shown(size: int) -> str:
    return f"{size / (1 << 30):.3g} GB" if size >= 1 << 30 else f"{size / (1 << 20):.3g} MB"


def _resident(pids: Iterable[int]) -> int:
    """Never too little and quick: pages that processes share are counted for each of them."""
    return sum(_statm(pid) for pid in pids)


def _statm(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError):  # it has ended
        return 0


def _weight(pids: Iterable[int]) -> int:
    """Exact: each page counts once, shared out among those who map it."""
    return sum(map(_proportional, pids)) + _unmapped(pids)


def _proportional(pid: int) -> int:
    """The process's part of what it maps; what is resident where the kernel does not tell us more."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(b"Pss:"))
    except (OSError, StopIteration):
        return _statm(pid)


def _unmapped(pids: Iterable[int]) -> int:
    """Bytes of files without a name, which live in memory alone; each once, whoever holds it open."""
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if os.readlink(entry.path).startswith("/memfd:"):  # noqa: PTH115 - hot loop
                        status = entry.stat()
                        found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())
