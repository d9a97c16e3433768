"""What a process gives up before it runs code that nobody trusts."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dspy_ci.adapters.sandbox import landlock, seccomp
from dspy_ci.adapters.sandbox.syscalls import PR_SET_NO_NEW_PRIVS, drop_capabilities, prctl

Tier = Literal["A", "B", "E"]
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
"""Folders of the operating system, which hold no secrets."""
SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
    "/etc/hosts", "/etc/localtime", "/etc/timezone", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs",
    "/etc/alternatives", "/etc/mime.types", "/etc/magic", "/etc/protocols", "/etc/services", "/etc/terminfo",
    "/etc/os-release", "/etc/debian_version", "/etc/fonts", *(f"/etc/python3.{minor}" for minor in range(8, 20)),
)  # fmt: skip
"""Files of /etc that programs need and that hold no secrets; Debian's interpreters link to a sitecustomize there."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")


def _most() -> int:
    """As much as one process may ask for, and never all that the machine has."""
    return min(8 << 30, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE") * 3 // 4)


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings for one process, or for all of a run together; a process may always ask for less."""

    memory: int = 8 << 30
    """Bytes of address space."""
    file: int = 512 << 20
    """Bytes of one file."""
    disk: int = 2 << 30
    """Bytes of all files of a run together; held by tier A alone."""
    processes: int = 400
    """More processes and threads than its user has already."""
    cpu: int = 1800
    """Seconds."""
    together: int = field(default_factory=_most)
    """Bytes of memory that all processes of a run hold together."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """All that is done to a process between fork and exec."""

    tier: Tier
    limits: Limits
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()

    def __call__(self) -> None:
        """Confine this process for ever; OSError when the kernel refuses, and then nothing may run."""
        _limit(self.limits, alone=self.tier == "A")
        if self.tier == "E":
            return
        drop_capabilities()
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if self.tier == "B":
            landlock.restrict((*SYSTEM, *SETTINGS, *self.readable, "/proc"), (*self.writable, *DEVICES))
        seccomp.install(sockets=self.tier == "A")


def _limit(limits: Limits, *, alone: bool) -> None:
    """Set the ceilings on this process; `alone` when its namespace counts its processes apart from all others."""
    for number, wanted in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_NPROC, limits.processes + (0 if alone else _tasks())),
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
