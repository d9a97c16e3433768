"""The keeper's side of the warm server: a preloaded pytest that forks one child per run."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dspy_ci.adapters.sandbox.supervise import spawn

_START = 60.0
"""Seconds that loading pytest and its plugins may take."""


class WarmError(Exception):
    """The warm server cannot serve; the message says why."""


class Warm:
    """One preloaded pytest in the project's interpreter."""

    def __init__(
        self,
        python: str,
        env: dict[str, str],
        *,
        names: list[str],
        inside: str,
        scratch: str,
        confine: Callable[[], None],
    ) -> None:
        self.python = python
        self._peer, theirs = socket.socketpair()
        folder = Path(scratch, "warm")
        folder.mkdir()
        null = os.open(os.devnull, os.O_RDWR)
        argv = (python, f"{inside}/zygote.py", "3", str(folder), ",".join(names))
        self.pid = spawn(argv, env, str(folder), {0: null, 1: null, 2: null, 3: theirs.fileno()}, confine)
        theirs.close()
        os.close(null)
        self._peer.settimeout(_START)
        problem = self._receive().get("problem")
        if problem:
            raise WarmError(problem)
        self._running = False
        self.pids = frozenset({self.pid})

    def fileno(self) -> int:
        """Readable when the child has ended."""
        return self._peer.fileno()

    def start(self, job: dict[str, Any], fds: tuple[int, int]) -> None:
        """Fork a child for the job; it writes to the descriptors."""
        data = json.dumps(job).encode()
        socket.send_fds(self._peer, [struct.pack("!I", len(data))], list(fds))
        self._peer.sendall(data)
        self.pids = frozenset({self.pid, *self._receive().get("servers", ())})
        self._running = True

    def ended(self) -> int:
        """The exit code of the child that has ended; that of a killed one when it took the server with it."""
        self._running = False
        try:
            return os.waitstatus_to_exitcode(self._receive()["status"])
        except WarmError:
            return -signal.SIGKILL

    def forget(self) -> None:
        """Take note of a child that was killed."""
        if self._running:
            self.ended()

    def alive(self) -> bool:
        """Whether the server still runs."""
        try:
            return os.waitpid(self.pid, os.WNOHANG) == (0, 0)
        except ChildProcessError:
            return False

    def _receive(self) -> dict[str, Any]:
        try:
            size = struct.unpack("!I", self._exactly(4))[0]
            message: dict[str, Any] = json.loads(self._exactly(size))
        except OSError as error:
            raise WarmError(f"the warm server is silent ({error})") from None
        return message

    def _exactly(self, size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            part = self._peer.recv(size - len(parts))
            if not part:
                raise WarmError("the warm server has died")
            parts += part
        return parts
