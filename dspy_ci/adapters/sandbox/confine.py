"""What a process gives up before it runs code that nobody trusts."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings for one process; a process may always ask for less."""

    memory: int = 8 << 30
    """Bytes of address space."""
    file: int = 512 << 20
    """Bytes of one file."""
    processes: int = 400
    """More processes and threads than its user has already."""
    cpu: int = 1800
    """Seconds."""


def limit(limits: Limits) -> None:
    """Set the ceilings on this process."""
    for number, wanted in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_NPROC, limits.processes + _tasks()),
        (resource.RLIMIT_NOFILE, 4096),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(number)
        ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(number, (ceiling, ceiling))


def _tasks() -> int:
    """How many processes and threads there are: the kernel counts per user, over all of the machine."""
    try:
        return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return 1000
