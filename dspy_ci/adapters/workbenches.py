"""The workshop on this machine: each bench is a process of ours without any token, ended with all that it began."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import dspy_ci
from dspy_ci.errors import DspyCiError
from dspy_ci.ports.workshop import JobLog, Made, Spot

_KEPT = frozenset({
    "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM", "USER", "LOGNAME", "SHELL", "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CI", "GITHUB_ACTIONS", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "DSPY_CI_ALLOW_UNSANDBOXED", "DSPY_CI_SANDBOX", "DSPY_CI_WORKERS", "PYENV_ROOT", "PYENV_VERSION",
})  # fmt: skip
"""What a bench sees of our environment; everything else could hold a secret."""
_NOTHING: Mapping[str, str] = {}
_TOLD = frozenset({0, 1, 4})
"""Exit codes of a process that may have said what there is to say."""
_LARGEST = 16 << 20
"""Bytes of an answer."""
_START = """\
import sys
sys.path.append(sys.argv[1])
if sys.platform == "linux":
    import ctypes, signal
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
from importlib import import_module
sys.exit(import_module(sys.argv[2]).run(sys.argv[3:]))
"""
"""Ends with the thread that began it, and imports nothing from the folder that it works in."""
_VERB = "dspy_ci.__main__"
_READER = "dspy_ci.commands.factfinding"


@dataclass(frozen=True, slots=True)
class LocalWorkshop:
    """See Workshop for the contract."""

    checkout: Callable[[Spot], AbstractContextManager[Path]]
    """A folder with the files of a commit."""
    fit: Callable[[Path], None] = lambda _: None
    """Raises DspyCiError when foreign code may not be run there."""
    seconds: float = 900.0
    """How long one bench may take."""
    options: tuple[str, ...] = ()
    """More words for the search, such as its budget."""
    model: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What a model needs in the environment; only the benches that may ask one see it."""

    def facts(self, target: str, logs: Sequence[JobLog]) -> Made:
        """See Workshop."""
        with _desk() as desk:
            jobs = []
            for log in logs:
                path = desk / f"{log.job}.log"
                path.write_bytes(log.data)
                jobs.append({"id": log.job, "name": log.name, "url": log.url, "path": str(path)})
            (desk / "jobs.json").write_text(json.dumps({"target": json.loads(target), "jobs": jobs}), encoding="utf-8")
            return self._made(_READER, [str(desk / "jobs.json")], desk)

    def bundle(self, spot: Spot, facts: str, settings: Mapping[str, str]) -> Made:
        """See Workshop; a solver that was ended leaves what it had by then."""
        return self._solved(spot, facts, self.options, {**settings, **self.model})

    def triage(self, spot: Spot, facts: str, settings: Mapping[str, str]) -> Made:
        """See Workshop."""
        return self._solved(spot, facts, ("--only-triage", *self.options), settings)

    def score(self, spot: Spot, settings: Mapping[str, str]) -> Made:
        """See Workshop."""
        return self._in_checkout(spot, ["score", "--format", "json"], settings)

    def edit(self, spot: Spot, task: str, settings: Mapping[str, str]) -> Made:
        """See Workshop."""
        if not self.model:
            return Made("", "a described change needs a language model, and none is set up for me")
        return self._in_checkout(spot, ["edit", "--format", "json", "--", task], {**settings, **self.model})

    def _solved(self, spot: Spot, facts: str, options: Sequence[str], environment: Mapping[str, str]) -> Made:
        """The bundle of a solver."""
        with _desk() as desk:
            (desk / "facts.json").write_text(facts, encoding="utf-8")
            out = desk / "bundle.json"
            words = ["action", "solve", "--facts", str(desk / "facts.json"), "--out", str(out), *options]
            made = self._in_checkout(spot, words, environment)
            with suppress(OSError), out.open("rb") as file:
                return Made(_read(file))
            return Made("", made.problem or "the solver left nothing")

    def _in_checkout(self, spot: Spot, words: list[str], environment: Mapping[str, str]) -> Made:
        """What a verb of ours says about the files of a commit."""
        try:
            with self.checkout(spot) as folder:
                self.fit(folder)
                return self._made(_VERB, words, folder, environment)
        except DspyCiError as error:
            return Made("", str(error))

    def _made(self, module: str, words: list[str], folder: Path, environment: Mapping[str, str] = _NOTHING) -> Made:
        """What a process of ours printed; its environment is clean, and it ends in time."""
        argv = [sys.executable, "-I", "-c", _START, str(Path(dspy_ci.__file__).parent.parent), module, *words]
        kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                argv, cwd=folder, env={**kept, **environment}, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                start_new_session=True,
            )  # fmt: skip
            try:
                code = process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                return Made("", f"it took longer than {self.seconds:.0f} seconds")
            finally:
                _ended(process)
            text = _read(out)
            told = code in _TOLD and text.strip()
            return Made(text) if told else Made("", _reason(_read(err), code))


@contextmanager
def _desk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dspy-ci-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _ended(process: subprocess.Popen[bytes]) -> None:
    """The process is gone, and whatever of its session is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(file: IO[bytes]) -> str:
    """All of it; nothing when it is too much."""
    file.seek(0)
    data = file.read(_LARGEST + 1)
    return "" if len(data) > _LARGEST else data.decode("utf-8", "replace")


def _reason(said: str, code: int) -> str:
    """The sentence that our own process left, or that it left none."""
    for line in said.splitlines():
        if line.startswith("dspy-ci: "):
            return line.removeprefix("dspy-ci: ")[:500]
    return f"it ended with {code} and without a word"
