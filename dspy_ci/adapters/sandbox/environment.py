"""What an interpreter needs to see of the file system in order to run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

_ASK = """
import json, os, sys, sysconfig
places = [sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(sys.executable),
          os.path.dirname(os.path.realpath(sys.executable)), sysconfig.get_path("stdlib")]
print(json.dumps(places + [place for place in sys.path if place]))
"""
_SHARED = frozenset({
    "/", "/tmp", "/var", "/var/tmp", "/home", "/root", "/etc", "/dev", "/dev/shm", "/run", "/mnt", "/media",  # noqa: S108
    "/srv", "/opt", "/proc", "/sys",
})  # fmt: skip
"""Never shown as a whole, whatever a path file names: others keep their things there."""


@cache
def places(python: str) -> tuple[str, ...]:
    """Folders and files that the interpreter reads: its own, its packages, and what path files add."""
    try:
        done = subprocess.run(
            [python, "-E", "-c", _ASK], capture_output=True, text=True, timeout=30, check=True, cwd="/"
        )
        answer = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return ()
    return _safe([*answer, os.path.dirname(python)])  # noqa: PTH120 - strings on both sides


@cache
def own_places() -> tuple[str, ...]:
    """The same for the interpreter that runs us, whose ruff the judge may call."""
    return _safe([sys.prefix, sys.base_prefix, str(Path(sys.executable).parent)])


def _safe(found: list[str]) -> tuple[str, ...]:
    """Existing ones, spelt both as given and resolved; never a folder that holds somebody's home."""
    spelt = {form for path in found for form in (os.path.abspath(path), os.path.realpath(path))}  # noqa: PTH100
    return tuple(sorted(path for path in spelt if Path(path).exists() and not _holds_others(path)))


def _holds_others(path: str) -> bool:
    home = os.path.realpath(Path.home())
    return path in _SHARED or f"{home}/".startswith(f"{path}/")


@cache
def needed(program: str) -> tuple[str, ...]:
    """What a program given by its path reads of its own: an interpreter its environment, a script its interpreter's.

    Of any other program its folder is shown; of a compiler or its like, all that was installed with it.
    """
    path = Path(program)
    if path.name.startswith(("python", "pypy")):
        return places(program)
    if python := _shebang(path):
        return (*places(python), *_safe([str(path.parent)]))
    if path.name in _TOOLCHAINS and path.parent.name == "bin" and not path.parent.parent.name.startswith("."):
        return _safe([str(path.parent.parent)])
    return _safe([str(path.parent), *([str(path.parent.parent / "lib")] if path.parent.name == "bin" else [])])


_TOOLCHAINS = frozenset({"cargo", "rustc", "go", "node", "npm", "npx", "yarn", "pnpm"})


def _shebang(path: Path) -> str | None:
    """The Python that a script names in its first line."""
    try:
        with path.open("rb") as source:
            first = source.readline(256)
    except OSError:
        return None
    words = first[2:].decode(errors="replace").split() if first.startswith(b"#!") else []
    return words[0] if words and Path(words[0]).name.startswith(("python", "pypy")) else None
