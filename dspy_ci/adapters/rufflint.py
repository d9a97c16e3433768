"""Ruff as the finder of syntax errors and undefined names: a tenth of the time that any Python would need."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dspy_ci.errors import MissingError
from dspy_ci.ports.linter import Diagnostic

_OPTIONS = ("check", "--no-cache", "--quiet", "--exit-zero", "--no-preview", "--no-fix", "--force-exclude",
            "--no-respect-gitignore", "--output-format=json", "--select=F821,F822",
            "--target-version=py314")  # fmt: skip
_PATIENCE = 60


class RuffLint:
    """See Linter for the contract; the files are read in a folder of their own, never in the working tree."""

    def diagnostics(self, files: Mapping[str, bytes]) -> Sequence[Diagnostic]:
        """See Linter."""
        named = {path: data for path, data in files.items() if not Path(path).is_absolute() and ".." not in path}
        if not named:
            return []
        with tempfile.TemporaryDirectory(prefix="dspy-ci-") as folder:
            root = Path(folder).resolve()
            for path, data in named.items():
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
            found = _ruff(root)
            if found is None:
                found = _ruff(root, "--isolated") or []
            return [_diagnostic(root, item) for item in found]


def binary() -> str:
    """The ruff beside our own interpreter, else the one on PATH. Raises MissingError."""
    own = Path(sys.executable).parent / ("ruff.exe" if os.name == "nt" else "ruff")
    found = str(own) if own.exists() else shutil.which("ruff")
    if found is None:
        raise MissingError("ruff was not found", hint=f"{sys.executable} -m pip install ruff")
    return found


def _ruff(root: Path, *more: str) -> list[dict[str, Any]] | None:
    """What ruff says, None when it cannot work with the settings of the project."""
    argv = [binary(), *_OPTIONS, *more, "."]
    try:
        done = subprocess.run(
            argv, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"ruff could not run: {error}") from error
    if done.returncode:
        if more:
            raise MissingError(f"ruff failed: {done.stderr.decode(errors='replace').strip()[:200]}")
        return None
    answer: list[dict[str, Any]] = json.loads(done.stdout or b"[]")
    return answer


def _diagnostic(root: Path, item: dict[str, Any]) -> Diagnostic:
    path = os.path.relpath(item["filename"], root).replace(os.sep, "/")
    place = item.get("location") or {}
    code = item.get("code") or "invalid-syntax"
    return Diagnostic(path, int(place.get("row", 1)), int(place.get("column", 1)), str(code), str(item["message"]))
