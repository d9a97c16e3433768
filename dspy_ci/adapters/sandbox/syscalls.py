"""System calls that Python has no words for."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import socket
import struct

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 4, 24, 28, 38, 36
PR_SET_SECCOMP = 22

_AT_RECURSIVE, _MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 0x8000, 1, 2
_MOUNT_SETATTR = 442
_NUMBERS = {"x86_64": {"pivot_root": 155, "capset": 126}, "aarch64": {"pivot_root": 41, "capset": 91}}
_CAPABILITY_VERSION = 0x20080522
_LAST_CAPABILITY = 63
_NOROOT_LOCKED = 0b11
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """The result; OSError that says what failed when it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def call(name: str, *args: object) -> int:
    """A system call by its name on this machine."""
    number = _NUMBERS.get(platform.machine(), {}).get(name)
    if number is None:
        raise OSError(f"{name} has no known number on {platform.machine()}")
    return checked(libc.syscall(ctypes.c_long(number), *args), name)


def prctl(option: int, value: int, extra: object = 0) -> int:
    """Change a property of this process."""
    return checked(libc.prctl(option, ctypes.c_ulong(value), extra, 0, 0), f"prctl {option}")


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    checked(libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount something."""
    words = (word.encode() or None for word in (source, target, kind))
    result = libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None)
    checked(result, f"mounting {kind or source} on {target}")


def bind(source: str, target: str, *, writable: bool = False) -> None:
    """Show a folder or file, with all that is mounted below it, at a second place."""
    mount(source, target, flags=MS_BIND | MS_REC)
    if not writable:
        attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
        buffer = ctypes.create_string_buffer(attributes)
        result = libc.syscall(
            ctypes.c_long(_MOUNT_SETATTR),
            -100,
            target.encode(),
            _AT_RECURSIVE,
            buffer,
            ctypes.c_size_t(len(attributes)),
        )
        checked(result, f"making {target} read-only")


def unmount(target: str) -> None:
    """Take a mount away, at once for everybody."""
    checked(libc.umount2(target.encode(), MNT_DETACH), f"unmounting {target}")


def enter_root(folder: str) -> None:
    """Make a folder the root, and lose the old one."""
    os.chdir(folder)
    call("pivot_root", b".", b".")
    unmount(".")
    os.chdir("/")


def drop_capabilities() -> None:
    """Keep no power that an ordinary user lacks, now or after any exec."""
    libc.prctl(PR_SET_SECUREBITS, ctypes.c_ulong(_NOROOT_LOCKED), 0, 0, 0)  # refused to those who have no power anyway
    for number in range(_LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0)  # the same, and for numbers of later kernels
    header = ctypes.create_string_buffer(struct.pack("Ii", _CAPABILITY_VERSION, 0))
    call("capset", header, ctypes.create_string_buffer(struct.pack("IIIIII", 0, 0, 0, 0, 0, 0)))


def raise_loopback() -> None:
    """Switch the loopback interface of this network namespace on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(probe, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))
