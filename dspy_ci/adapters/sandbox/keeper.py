"""The process that keeps one copy: it lays candidates in it, runs them, ends them, and puts the copy back.

It runs under our own interpreter, outside everything that is untrusted, and obeys one peer. When the peer goes away,
killed or not, it kills what runs and removes the copy.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from dspy_ci.adapters.sandbox import wire
from dspy_ci.adapters.sandbox.capped import Capped
from dspy_ci.adapters.sandbox.confine import Confinement, Limits
from dspy_ci.adapters.sandbox.janitor import hold
from dspy_ci.adapters.sandbox.namespaces import OverlayStage, furnish, leave
from dspy_ci.adapters.sandbox.scale import Scale
from dspy_ci.adapters.sandbox.stage import CopyStage, Stage
from dspy_ci.adapters.sandbox.supervise import adopt_orphans, drain, pump, spawn, sweep
from dspy_ci.adapters.sandbox.tree import remove
from dspy_ci.adapters.sandbox.warm import Warm, WarmError

_OUTPUT = 1 << 20
_RECORDS = 256 << 20
_JOB_FD, _RECORD_FD = 3, 4


class Keeper:
    """Serves the requests of one peer."""

    def __init__(
        self, peer: socket.socket, stage: Stage, confine: Callable[[], None], inside: str, together: int
    ) -> None:
        self._peer, self._stage, self._confine, self._inside = peer, stage, confine, inside
        self._warm: Warm | None = None
        self._cold_because: str | None = None
        self._streams: dict[int, Capped] = {}
        self._scale = Scale(together)

    def serve(self) -> None:
        """Answer until the peer goes away."""
        broken: str | None = None
        while True:
            try:
                head, blobs = wire.receive(self._peer)
            except (EOFError, ConnectionError):
                return
            try:
                answer, parts = ({"broken": broken}, []) if broken else self._answer(head, blobs)
            except EOFError:
                return
            except (OSError, WarmError) as error:
                answer, parts = {"broken": str(error)}, []
            wire.send(self._peer, answer, parts)
            broken = broken or self._tidy()

    def _tidy(self) -> str | None:
        """Put the copy back while the peer thinks; what went wrong makes every later answer a refusal."""
        try:
            self._end_all()
            self._stage.clear()
        except OSError as error:
            return f"the copy could not be put back: {error}"
        return None

    def _answer(self, head: dict[str, Any], blobs: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        contents = iter(blobs)
        files = {path: next(contents) if present else None for path, present in head["files"]}
        self._stage.lay(files)
        self._scale.reset()
        return self._run(head) if head["op"] == "run" else self._test(head)

    def _end_all(self) -> None:
        keep = self._warm.pids if self._warm else frozenset[int]()
        if not sweep(keep):
            raise OSError("a process would not die")
        if self._warm and not self._warm.alive():
            self._warm = None

    def _run(self, head: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        output, cwd = Capped(_OUTPUT), str(Path(self._stage.root, head["cwd"]))
        code, seconds = self._process(tuple(head["argv"]), head, cwd, {1: output})
        return {"code": code, "seconds": seconds, "problem": self._scale.problem}, [output.data]

    def _process(
        self, argv: tuple[str, ...], head: dict[str, Any], cwd: str, sinks: dict[int, Capped], job: bytes | None = None
    ) -> tuple[int | None, float]:  # fmt: skip
        pipes = {number: os.pipe() for number in sinks}
        null = os.open(os.devnull, os.O_RDONLY)
        fds = {0: null, **{number: pair[1] for number, pair in pipes.items()}}
        fds[2] = fds[1]
        job_read = None
        if job is not None:
            job_read = fds[_JOB_FD] = _filled_pipe(job)
        pid = spawn(argv, head["env"], cwd, fds, self._confine)
        for fd in {null, *(pair[1] for pair in pipes.values()), *([job_read] if job_read is not None else [])}:
            os.close(fd)
        streams = {pair[0]: sinks[number] for number, pair in pipes.items()}
        exit_fd = os.pidfd_open(pid)
        try:
            code, seconds = pump(streams, partial(_reaped, pid), exit_fd, head["timeout"], self._peer.fileno(),
                                 is_heavy=self._scale.is_heavy)  # fmt: skip
        finally:
            os.close(exit_fd)
            self._end_all()
            drain(streams)
        return code, seconds

    def _test(self, head: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        output, records = Capped(_OUTPUT), Capped(_RECORDS)
        warm = None if head["cold"] else self._warmed(head)
        if warm and self._started(warm, head, output, records):
            code, seconds = self._follow(warm, head["timeout"])
        else:
            warm = None
            argv = (head["python"], f"{self._inside}/probe.py", str(_JOB_FD), str(_RECORD_FD))
            sinks = {1: output, _RECORD_FD: records}
            job = json.dumps(head["job"]).encode()
            code, seconds = self._process(argv, head, self._stage.root, sinks, job)
        answer = {"code": code, "seconds": seconds, "warm": bool(warm), "why": self._cold_because,
                  "problem": self._scale.problem}  # fmt: skip
        return answer, [output.data, records.data]

    def _warmed(self, head: dict[str, Any]) -> Warm | None:
        if self._cold_because:
            return None
        if self._warm and self._warm.python != head["python"]:
            self._end_warm()
        if self._warm is None:
            try:
                self._warm = Warm(
                    head["python"],
                    head["env"],
                    names=head["job"]["names"],
                    inside=self._inside,
                    scratch=self._stage.scratch,
                    confine=self._confine,
                )
            except WarmError as error:
                self._cold_because = str(error)
        return self._warm

    def _end_warm(self) -> None:
        self._warm = None
        sweep()

    def _started(self, warm: Warm, head: dict[str, Any], output: Capped, records: Capped) -> bool:
        """Fork a child for the job; False when the server has been lost."""
        (out_read, out_write), (record_read, record_write) = os.pipe(), os.pipe()
        self._streams = {out_read: output, record_read: records}
        try:
            warm.start({**head["job"], "env": head["env"]}, (out_write, record_write))
        except (WarmError, OSError):
            self._end_warm()
            return False
        finally:
            os.close(out_write)
            os.close(record_write)
        return True

    def _follow(self, warm: Warm, timeout: float) -> tuple[int | None, float]:
        code = None
        try:
            code, seconds = pump(self._streams, warm.ended, warm.fileno(), timeout, self._peer.fileno(),
                                 is_heavy=self._scale.is_heavy)  # fmt: skip
        finally:
            self._end_all()
            drain(self._streams)
        if code is None:
            warm.forget()
        return code, seconds

    def close(self) -> None:
        """Kill what is left and remove the stage."""
        self._warm = None
        sweep()
        self._stage.close()


def _reaped(pid: int) -> int:
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _filled_pipe(data: bytes) -> int:
    """The reading end of a file in memory that holds the data."""
    fd = os.memfd_create("job", os.MFD_CLOEXEC)
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def main() -> None:
    """Keep one copy for the peer on descriptor 0."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    peer = socket.socket(fileno=os.dup(0))
    head, _ = wire.receive(peer)
    folder: str = head["folder"]
    try:
        if head["tier"] == "A":
            inside = leave()
            if inside:
                peer.close()
                os.close(0)
                hold(folder)
                os.waitpid(inside, 0)
                remove(folder)
                return
            furnish(head["source"], folder, head["readable"], head["limits"]["processes"])
        else:
            hold(folder)
        _keep(peer, head)
    except OSError as error:
        with contextlib.suppress(OSError):
            wire.send(peer, {"broken": str(error)})
        if head["tier"] != "A":
            remove(folder)
    finally:
        sys.stdout.flush()


def _keep(peer: socket.socket, head: dict[str, Any]) -> None:
    adopt_orphans()
    limits = Limits(**head["limits"])
    stage = (
        OverlayStage(head["source"], limits.disk) if head["tier"] == "A" else CopyStage(head["source"], head["folder"])
    )
    writable = (stage.root, stage.scratch)
    confinement = Confinement(head["tier"], limits, tuple(head["readable"]), writable)
    keeper = Keeper(peer, stage, confinement, head["inside"], limits.together)
    try:
        wire.send(peer, {"root": stage.root, "scratch": stage.scratch})
        with contextlib.suppress(ConnectionError):
            keeper.serve()
    finally:
        keeper.close()


if __name__ == "__main__":
    main()
