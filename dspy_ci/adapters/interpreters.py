"""Finding the project's own interpreter: the one whose packages its tests need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dspy_ci.errors import MissingError

_BIN = "Scripts" if os.name == "nt" else "bin"
_PATIENCE = 20
"""Seconds for an environment manager or an interpreter to answer."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can run the project's tests."""

    path: str
    found: str
    """Where it was found, in words."""


def find(root: Path, environment: Mapping[str, str], module: str = "pytest") -> Interpreter:
    """The first interpreter that can import the module; looks in the environments of the project, then on PATH.

    Raises MissingError that names every place that was looked at.
    """
    looked: list[str] = []
    for found, path in _candidates(root, environment):
        if real := resolved(path, module):
            return Interpreter(real, found)
        looked.append(f"{found} ({path})")
    raise MissingError(
        f"no interpreter of this project has {module}; looked at {', '.join(looked) or 'PATH, and found no Python'}",
        hint=f"install it, e.g. `python -m venv .venv && .venv/bin/pip install -e . {module}`, "
        f"or name it with --test-cmd '/path/to/python -m {module}'",
    )


def resolved(python: str, module: str) -> str | None:
    """The interpreter behind a name or a shim, if it starts and can import the module."""
    probe = f"import importlib.util as u, sys; print(sys.executable) if u.find_spec({module!r}) else sys.exit(1)"
    return (_run([python, "-c", probe]) or "").strip() or None


def _candidates(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Where and what, in the order of trust, each interpreter once."""
    seen: set[str] = set()
    for found, search in _PLACES:
        for path in search(root, environment):
            if path not in seen and os.access(path, os.X_OK) and Path(path).is_file():
                seen.add(path)
                yield found, path


def _inside(folder: Path) -> str:
    return str(folder / _BIN / ("python.exe" if os.name == "nt" else "python"))


def _active(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    del root
    if environment.get("VIRTUAL_ENV"):
        yield _inside(Path(environment["VIRTUAL_ENV"]))


def _beside(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    del environment
    yield from (_inside(root / name) for name in (".venv", "venv"))


def _uv(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    if environment.get("UV_PROJECT_ENVIRONMENT"):
        yield _inside(root / environment["UV_PROJECT_ENVIRONMENT"])


def _poetry(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    if (root / "poetry.lock").exists() and (poetry := shutil.which("poetry", path=environment.get("PATH"))):
        answer = _run([poetry, "env", "info", "--executable", "--no-ansi"], root)
        yield from (answer or "").strip().splitlines()[-1:]


def _pdm(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    del environment
    try:
        yield (root / ".pdm-python").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return


def _tox(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    del environment
    for folder in (".tox", ".nox"):
        yield from (_inside(env) for env in sorted((root / folder).glob("*"), reverse=True))


def _path(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    del root
    yield from filter(None, (shutil.which(name, path=environment.get("PATH")) for name in ("python3", "python")))


def _own(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    del root, environment
    yield sys.executable


_PLACES: tuple[tuple[str, Callable[[Path, Mapping[str, str]], Iterator[str]]], ...] = (
    ("VIRTUAL_ENV", _active),
    (".venv", _beside),
    ("the uv environment", _uv),
    ("the poetry environment", _poetry),
    ("the pdm environment", _pdm),
    ("a tox or nox environment", _tox),
    ("PATH", _path),
    ("the environment of dspy-ci itself", _own),
)


def _run(argv: list[str], cwd: Path | None = None) -> str | None:
    """The standard output of a process that ended well, else None."""
    try:
        done = subprocess.run(
            argv, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout
