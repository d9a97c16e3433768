"""A filter of system calls: nothing that reaches into other processes, mounts, or the kernel."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable
from typing import NamedTuple

from dspy_ci.adapters.sandbox.syscalls import PR_SET_SECCOMP, checked, libc

_COMMON = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438,
    "mount_setattr": 442,
}  # fmt: skip
_X86_64 = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "mount": 165, "umount2": 166, "pivot_root": 155,
    "chroot": 161, "unshare": 272, "setns": 308, "bpf": 321, "perf_event_open": 298, "add_key": 248,
    "request_key": 249, "keyctl": 250, "kexec_load": 246, "kexec_file_load": 320, "init_module": 175,
    "finit_module": 313, "delete_module": 176, "reboot": 169, "userfaultfd": 323, "swapon": 167, "swapoff": 168,
    "acct": 163, "settimeofday": 164, "quotactl": 179, "open_by_handle_at": 304, "kcmp": 312, "clone": 56,
    "socket": 41, "ioctl": 16,
}  # fmt: skip
_AARCH64 = {
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "mount": 40, "umount2": 39, "pivot_root": 41,
    "chroot": 51, "unshare": 97, "setns": 268, "bpf": 280, "perf_event_open": 241, "add_key": 217, "request_key": 218,
    "keyctl": 219, "kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "finit_module": 273,
    "delete_module": 106, "reboot": 142, "userfaultfd": 282, "swapon": 224, "swapoff": 225, "acct": 89,
    "settimeofday": 170, "quotactl": 60, "open_by_handle_at": 265, "kcmp": 272, "clone": 220, "socket": 198,
    "ioctl": 29,
}  # fmt: skip
_MACHINES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}
_SPECIAL = frozenset({"clone", "clone3", "socket", "ioctl"})
_X32 = 0x40000000
_NEW_USER, _AF_UNIX, _TIOCSTI = 0x10000000, 1, 0x5412

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ERROR, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000


class _Step(NamedTuple):
    code: int
    yes: int
    no: int
    value: int


def supported() -> bool:
    """Whether the numbers of this machine's system calls are known."""
    return platform.machine() in _MACHINES


def install(*, sockets: bool) -> None:
    """Filter the calls of this process and its descendants for ever; without `sockets` none can be made."""
    program = b"".join(struct.pack("HBBI", *step) for step in _program(sockets=sockets))
    buffer = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer)))
    checked(libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(2), header, 0, 0), "seccomp")


def _program(*, sockets: bool) -> list[_Step]:
    architecture, calls = _MACHINES[platform.machine()]
    calls = {**calls, **_COMMON}
    steps = [
        _Step(_LOAD, 0, 0, 4),
        _Step(_EQUAL, 1, 0, architecture),
        _Step(_RETURN, 0, 0, _KILL),
        _Step(_LOAD, 0, 0, 0),
    ]
    if platform.machine() == "x86_64":
        steps += [_Step(_AT_LEAST, 0, 1, _X32), _error(errno.ENOSYS)]
    for number in sorted(calls[name] for name in calls.keys() - _SPECIAL):
        steps += [_Step(_EQUAL, 0, 1, number), _error(errno.EPERM)]
    steps += [_Step(_EQUAL, 0, 1, calls["clone3"]), _error(errno.ENOSYS)]  # the C library falls back to clone
    steps += _when(calls["clone"], 0, [_Step(_ANY_BIT, 0, 1, _NEW_USER), _error(errno.EPERM)])
    steps += _when(calls["ioctl"], 1, [_Step(_EQUAL, 0, 1, _TIOCSTI), _error(errno.EPERM)])
    if not sockets:
        answer = [_Step(_EQUAL, 0, 1, _AF_UNIX), _error(errno.EPERM), _error(errno.ENETUNREACH)]
        steps += _when(calls["socket"], 0, answer)
    return [*steps, _Step(_RETURN, 0, 0, _ALLOW)]


def _when(number: int, argument: int, steps: Iterable[_Step]) -> list[_Step]:
    """Look at the lower half of an argument of one call; what follows sees the number again."""
    inner = [_Step(_LOAD, 0, 0, 16 + 8 * argument), *steps, _Step(_LOAD, 0, 0, 0)]
    return [_Step(_EQUAL, 0, len(inner), number), *inner]


def _error(number: int) -> _Step:
    return _Step(_RETURN, 0, 0, _ERROR | number)
