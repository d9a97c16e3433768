"""Our side of a copy: asks its keeper, and reads what the tests reported."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import dspy_ci
from dspy_ci.adapters.sandbox import records, wire
from dspy_ci.adapters.sandbox.confine import SYSTEM, Limits, Tier
from dspy_ci.adapters.sandbox.environment import needed, own_places
from dspy_ci.adapters.sandbox.gitfolder import git_folder
from dspy_ci.adapters.sandbox.janitor import new_folder
from dspy_ci.adapters.sandbox.layout import Layout
from dspy_ci.adapters.sandbox.tree import source_marks
from dspy_ci.errors import SandboxError
from dspy_ci.ports.sandbox import NOTHING, Command, Files, Outcome, TestReport, TestRun

_INSIDE = Path(__file__).with_name("inside")
_PATIENCE = 120.0
"""Seconds beyond a run's own limit after which the keeper itself is given up."""
_CONFIGURATION = frozenset({".toml", ".ini", ".cfg"})
_KEPT = (
    "PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "SOURCE_DATE_EPOCH", "CI",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
)  # fmt: skip
"""What a run inherits from our own environment; everything else stays outside."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a copy is made of."""

    source: str
    tier: Tier
    layout: Layout
    env: Mapping[str, str]
    limits: Limits


class KeptCopy:
    """A copy behind a keeper process; see the port for what it promises."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._imported: set[str] = set()
        self._as_opened = source_marks(plan.source)
        self._readable = frozenset((str(_INSIDE), *own_places(), *_borrowed(plan)))
        self._open()

    @property
    def tier(self) -> Tier:
        """At which tier it runs."""
        return self._plan.tier

    def _open(self) -> None:
        plan = self._plan
        folder = new_folder(_fastest(plan.source) if plan.tier != "A" else None)
        self._peer, self._process = _keeper()
        head = {
            "source": plan.source,
            "tier": plan.tier,
            "folder": folder,
            "inside": str(_INSIDE),
            "limits": asdict(plan.limits),
            "readable": sorted(self._readable),
        }
        try:
            answer, _ = self._ask(head, (), _PATIENCE)
        except SandboxError:
            self.close()
            raise
        self.root: str = answer["root"]
        self._scratch: str = answer["scratch"]

    def _show(self, program: str, reads: tuple[str, ...] = ()) -> None:
        """Make a program visible inside; a copy that cannot see it yet is opened anew, which nobody notices."""
        if self._plan.tier == "E":
            return
        places = (*(needed(program) if program.startswith("/") else ()), *reads)
        missing = {place for place in places if not self._sees(place)}
        if missing:
            self.close()
            self._readable |= missing
            self._open()

    def _sees(self, place: str) -> bool:
        roots = (*self._readable, *SYSTEM, self._plan.source)
        return any(place == root or place.startswith(f"{root}/") for root in roots)

    def run(self, command: Command, files: Files = NOTHING) -> Outcome:
        """See Copy."""
        self._show(command.argv[0], command.reads)
        head = {
            "op": "run",
            "argv": [command.argv[0], *map(self._moved, command.argv[1:])],
            "env": self._environment(command.env),
            "cwd": command.cwd,
            "timeout": command.timeout,
        }
        answer, (output,) = self._with_files(head, files, command.timeout)
        text = output.decode(errors="replace")
        if answer["problem"]:
            return Outcome(-signal.SIGKILL, f"{text}\ndspy-ci: killed: {answer['problem']}\n", answer["seconds"])
        return Outcome(answer["code"], text, answer["seconds"])

    def test(self, run: TestRun, files: Files = NOTHING) -> TestReport:
        """See Copy."""
        self._show(run.python)
        nonce = secrets.token_hex(16)
        head = {
            "op": "test",
            "python": os.path.normpath(run.python),
            "env": self._environment(run.env),
            "timeout": run.timeout,
            "cold": run.cold,
            "job": {**self._job(run, nonce), "shared": _shares_configuration(run, files)},
        }
        answer, (output, data) = self._with_files(head, files, run.timeout)
        report = records.report(
            data, nonce, code=answer["code"], output=output.decode(errors="replace"), seconds=answer["seconds"],
            warm=answer["warm"], killed=answer["problem"],
        )  # fmt: skip
        self._imported.update(path for path in report.modules.values() if path.endswith(".py"))
        return report

    def stale(self) -> tuple[str, ...]:
        """See Copy."""
        now, then = source_marks(self._plan.source), self._as_opened
        return tuple(sorted(path for path in now.keys() | then.keys() if now.get(path) != then.get(path)))

    def _job(self, run: TestRun, nonce: str) -> dict[str, Any]:
        return {
            "nonce": nonce,
            "root": self.root,
            "scratch": self._scratch,
            "args": [self._moved(word) for word in run.args],
            "ids": list(run.ids),
            "per_test": run.per_test,
            "stop": run.stop_at_first,
            "trace": run.trace,
            "known": sorted(self._imported),
            "seed": run.seed,
            "names": sorted(self._plan.layout.names),
            "outside": list(self._plan.layout.shared),
        }

    def _moved(self, word: str) -> str:
        """The word with paths into the original turned into paths into the copy."""
        if word == self._plan.source:
            return self.root
        return word.replace(f"{self._plan.source}/", f"{self.root}/")

    def _environment(self, added: Mapping[str, str]) -> dict[str, str]:
        roots = [str(Path(self.root, part)) for part in self._plan.layout.roots]
        moved = self.root != self._plan.source
        paths = [str(_INSIDE / "shim"), *roots[1:]] if moved else []
        env = {name: os.environ[name] for name in _KEPT if name in os.environ}
        env["PATH"] = self._path(env.get("PATH", ""))
        user = os.environ.get("PYTHONUSERBASE") or str(Path("~/.local").expanduser())
        env |= {
            "HOME": f"{self._scratch}/home",
            "TMPDIR": f"{self._scratch}/tmp",  # noqa: S108 - a private folder of this copy
            "PYTHONUSERBASE": user,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPYCACHEPREFIX": f"{self._scratch}/pyc",
            "PYTHONHASHSEED": "0",
            "PYTHONUNBUFFERED": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }
        if moved:
            env |= {"DSPY_CI_NAMES": ",".join(sorted(self._plan.layout.names)), "DSPY_CI_ROOTS": os.pathsep.join(roots)}
        env |= {name: self._moved(value) for name, value in {**self._plan.env, **added}.items()}
        if paths:
            env["PYTHONPATH"] = os.pathsep.join([*paths, *filter(None, [env.get("PYTHONPATH", "")])])
        return env

    def _path(self, path: str) -> str:
        """Where programs are looked for: a folder that cannot be seen inside makes a search end in a refusal."""
        if self._plan.tier == "E":
            return path or os.defpath
        return os.pathsep.join(filter(self._sees, path.split(os.pathsep))) or os.defpath

    def _with_files(self, head: dict[str, Any], files: Files, timeout: float) -> tuple[dict[str, Any], list[bytes]]:
        head["files"] = [(path, data is not None) for path, data in files.items()]
        blobs = tuple(data for data in files.values() if data is not None)
        return self._ask(head, blobs, timeout + _PATIENCE)

    def _ask(
        self, head: dict[str, Any], blobs: tuple[bytes, ...], patience: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        try:
            self._peer.settimeout(patience)
            wire.send(self._peer, head, blobs)
            answer, parts = wire.receive(self._peer)
        except (EOFError, OSError) as error:
            self.close()
            raise SandboxError("the keeper of the copy has gone", hint=str(error) or None) from None
        if "broken" in answer:
            raise SandboxError(f"the copy broke: {answer['broken']}")
        return answer, parts

    def close(self) -> None:
        """End the keeper, which kills what runs and removes the copy."""
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for an answer
        self._peer.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
            return
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> KeptCopy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _borrowed(plan: Plan) -> tuple[str, ...]:
    """What a copy links to instead of holding it: environments, and the objects of git."""
    shared = tuple(str(Path(plan.source, part)) for part in plan.layout.shared)
    folder = git_folder(plan.source)
    return (*shared, str(folder.common / "objects")) if folder else shared


def _fastest(source: str) -> str | None:
    """Shared memory when it can hold the copy with room to spare, else the folder for temporary files."""
    memory = "/dev/shm"  # noqa: S108 - a folder of ours with a random name and mode 700 is made in it
    if not os.access(memory, os.W_OK) or source.startswith(memory):
        return None
    return memory if shutil.disk_usage(memory).free > 1 << 30 else None


def _shares_configuration(run: TestRun, files: Files) -> bool:
    """Whether the run may start from a pytest that has read its configuration: some tests, and no file that it read."""
    changed = {Path(path) for path in files}
    return bool(run.ids) and not any(path.name == "conftest.py" or path.suffix in _CONFIGURATION for path in changed)


def _keeper() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start a keeper under our own interpreter, without site packages and without our environment."""
    ours, theirs = socket.socketpair()
    package = str(Path(dspy_ci.__file__).parent.parent)
    start = f"import sys; sys.path.insert(0, {package!r}); from dspy_ci.adapters.sandbox.keeper import main; main()"
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", start],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
    return ours, process
