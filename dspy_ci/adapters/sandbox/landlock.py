"""Landlock: a process that may read some folders and write fewer, whoever it is."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from dspy_ci.adapters.sandbox.syscalls import checked, libc

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1
_FILES_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_TCP, _SCOPES = 0b11, 0b11


def abi() -> int:
    """The version of Landlock in this kernel; 0 without it."""
    return max(0, int(libc.syscall(ctypes.c_long(_CREATE), None, ctypes.c_size_t(0), 1)))


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Confine this process and its descendants for ever; absent paths are left out.

    Also shuts TCP (ABI 4), and signals and abstract sockets to the outside (ABI 6).
    """
    version = abi()
    rights = _FIRST | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    rights |= _IOCTL_DEV if version >= 5 else 0
    fields = (rights, *((_TCP,) if version >= 4 else ()), *((_SCOPES,) if version >= 6 else ()))
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    ruleset = checked(libc.syscall(ctypes.c_long(_CREATE), buffer, ctypes.c_size_t(len(attributes)), 0), "landlock")
    for paths, access in ((readable, _READ), (writable, rights)):
        for path in paths:
            _allow(ruleset, path, access & rights)
    checked(libc.syscall(ctypes.c_long(_RESTRICT), ruleset, 0), "landlock")
    os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        access &= _FILES_ONLY
    rule = ctypes.create_string_buffer(struct.pack("=Qi", access, place), 12)
    checked(libc.syscall(ctypes.c_long(_ADD), ruleset, 1, rule, 0), f"landlock for {path}")
    os.close(place)
