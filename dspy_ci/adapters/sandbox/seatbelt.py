"""Tier C, the profile of macOS' Seatbelt: written from its documentation, never tried on a Mac, and so never chosen."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

_PROGRAM = "/usr/bin/sandbox-exec"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/dtracehelper")


def profile(readable: Iterable[str], writable: Iterable[str], home: str) -> str:
    """The rules: nothing of the home but what is named, writing in the copy alone, no network, no other process.

    Paths are resolved first, because the rules see `/private/var` where a process sees `/var`.
    """
    written = [_subpath(path) for path in writable]
    rules = [
        "(version 1)",
        "(deny default)",
        "(allow process-fork process-exec sysctl-read mach-lookup ipc-posix-shm*)",
        "(allow signal (target same-sandbox))",
        "(allow process-info* (target same-sandbox))",
        "(allow file-read*)",
        f"(deny file-read* {_subpath(home)})",
        "(allow file-read-metadata)",
        *(f"(allow file-read* {_subpath(path)})" for path in readable),
        *(f"(allow file-read* file-write* {rule})" for rule in written),
        *(f'(allow file-write-data (literal "{device}"))' for device in _DEVICES),
        "(deny network*)",
    ]
    return "\n".join(rules) + "\n"


def command(argv: tuple[str, ...], rules: str) -> tuple[str, ...]:
    """The command below the rules."""
    return (_PROGRAM, "-p", rules, *argv)


def obstacle() -> str:
    """Why the tier is not used here; it never is before somebody has run the hostile suite on a Mac."""
    system: str = sys.platform  # a plain str: the type checker knows only the machine that it runs on
    if system != "darwin":
        return "Seatbelt needs macOS"
    if shutil.which(_PROGRAM) is None:
        return f"{_PROGRAM} is missing"
    return "its profile is written, but no hostile suite has been run on macOS yet"


def _subpath(path: str) -> str:
    spelt = os.path.realpath(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'(subpath "{spelt}")'
