"""Starts processes and ends them, with everything that they started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import time
from collections.abc import Callable
from pathlib import Path

from dspy_ci.adapters.sandbox.capped import Capped

_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_DUMPABLE = 4
_LOOK = 0.05
"""Seconds after which a silent run is looked at again."""


def adopt_orphans() -> None:
    """Become the parent of every descendant whose parent dies, so that no daemon escapes; and hide our memory."""
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(AttributeError):  # no prctl here: macOS
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def spawn(
    argv: tuple[str, ...], env: dict[str, str], cwd: str, fds: dict[int, int], confine: Callable[[], None]
) -> int:
    """Fork, confine and execute; the pid. `fds` maps the child's descriptors to ours; all others are closed."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        _arrange(fds)
        os.chdir(cwd)
        confine()
        os.execvpe(argv[0], argv, env)  # noqa: S606 - no shell is what we want
    except BaseException as error:  # noqa: BLE001 - a forked child must never return into the keeper's loop
        with contextlib.suppress(OSError):
            os.write(2, f"{argv[0]}: {error}\n".encode(errors="replace"))
    os._exit(127)


def _arrange(fds: dict[int, int]) -> None:
    """Give the child its descriptors under the wanted numbers and close the rest."""
    top = max(fds, default=2) + 1
    moved = {wanted: os.dup2(ours, top + 64 + wanted, inheritable=False) for wanted, ours in fds.items()}
    for wanted, high in moved.items():
        os.dup2(high, wanted, inheritable=True)
    os.closerange(top, 1 << 16)


def pump(
    streams: dict[int, Capped], ended: Callable[[], int | None], exit_fd: int, timeout: float, peer: int,
    *, is_heavy: Callable[[], bool],
) -> tuple[int | None, float]:  # fmt: skip
    """Read the streams until the process has ended, its time is up or it is too heavy; its exit code and the seconds.

    The code is None when it must be ended. EOFError when the peer, who has nothing to say meanwhile, goes away.
    """
    started = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for fd in streams:
            os.set_blocking(fd, False)
            selector.register(fd, selectors.EVENT_READ)
        selector.register(exit_fd, selectors.EVENT_READ)
        selector.register(peer, selectors.EVENT_READ)
        while (left := started + timeout - time.monotonic()) > 0 and not is_heavy():
            for key, _ in selector.select(min(left, _LOOK)):
                if key.fd == peer:
                    raise EOFError
                if key.fd == exit_fd:
                    return ended(), time.monotonic() - started
                if not _drain_once(key.fd, streams[key.fd]):
                    selector.unregister(key.fd)
    return None, time.monotonic() - started


def _drain_once(fd: int, stream: Capped) -> bool:
    """Read what is there; False at the end of the stream."""
    try:
        data = os.read(fd, 1 << 16)
    except BlockingIOError:
        return True
    stream.add(data)
    return bool(data)


def drain(streams: dict[int, Capped]) -> None:
    """Read the rest of the streams, whose writers are dead, and close them."""
    for fd, stream in streams.items():
        while _pending(fd, stream):
            pass
        os.close(fd)


def _pending(fd: int, stream: Capped) -> bool:
    try:
        data = os.read(fd, 1 << 16)
    except BlockingIOError:
        return False
    stream.add(data)
    return bool(data)


def sweep(keep: frozenset[int] = frozenset(), patience: float = 10.0) -> bool:
    """Kill every descendant of this process but those kept (their children die); False when some would not die."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        victims = descendants(os.getpid()) - keep
        if not victims:
            return True
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in victims:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
        _reap(keep)
        time.sleep(0.0005)
    return False


def _reap(keep: frozenset[int]) -> None:
    for pid in _children(os.getpid()) - keep:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def descendants(pid: int) -> set[int]:
    """All processes below one, itself not among them."""
    found: set[int] = set()
    ahead = [pid]
    while ahead:
        children = _children(ahead.pop()) - found
        found |= children
        ahead += children
    return found


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found.update(map(int, (task / "children").read_bytes().split()))
    return found
