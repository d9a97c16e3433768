"""From what a log says a checker found to the command that asks the checker again."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure

CHECKED = frozenset({"lint", "type", "format"})
"""The kinds of failures that a checker finds, whatever the tests say."""

_PYTHON: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("black", "format"): ("black", "--check", "."),
    ("isort", "format"): ("isort", "--check-only", "."),
    ("isort", "lint"): ("isort", "--check-only", "."),
    ("flake8", "lint"): ("flake8", "."),
    ("pylint", "lint"): ("pylint", "--recursive=y", "."),
    ("mypy", "type"): ("mypy",),
    ("pyright", "type"): ("pyright",),
    ("codespell", "lint"): ("codespell",),
    ("pre_commit", "lint"): ("pre-commit", "run", "--all-files"),
    ("pre_commit", "format"): ("pre-commit", "run", "--all-files"),
}
_OTHERS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("prettier", "format"): ("npx", "--no-install", "prettier", "--check", "."),
    ("eslint", "lint"): ("npx", "--no-install", "eslint", "."),
    ("go", "lint"): ("go", "vet", "./..."),
    ("golangci", "lint"): ("golangci-lint", "run"),
    ("cargo", "format"): ("cargo", "fmt", "--check"),
    ("cargo", "lint"): ("cargo", "clippy"),
    ("terraform", "format"): ("terraform", "fmt", "-check"),
}
_RUFF_CONFIG = ("ruff.toml", ".ruff.toml")


def rechecks(failures: Sequence[Failure], code: Snapshot, python: str | None) -> Iterator[tuple[str, ...]]:
    """One command for each checker that the failures come from and that is installed."""
    named = dict.fromkeys((failure.tool, failure.kind) for failure in failures if failure.kind in CHECKED)
    for tool, kind in named:
        found = [failure for failure in failures if (failure.tool, failure.kind) == (tool, kind)]
        argv = _ruff(kind, found, code) if tool == "ruff" else _installed(tool, kind, python)
        if argv:
            yield (*argv, *_files(found, code)) if tool in {"mypy", "pyright"} else argv


def _ruff(kind: str, failures: Sequence[Failure], code: Snapshot) -> tuple[str, ...]:
    """Ruff is our own dependency; where the project chose no rules, those that the log names count."""
    if kind == "format":
        return (sys.executable, "-m", "ruff", "format", "--check", ".")
    rules = sorted({failure.code for failure in failures if failure.code and failure.code.isalnum()})
    chosen = any(path in code for path in _RUFF_CONFIG) or "[tool.ruff" in (code.text("pyproject.toml") or "")
    more = (f"--extend-select={','.join(rules)}",) if rules and not chosen else ()
    return (sys.executable, "-m", "ruff", "check", *more, ".")


def _installed(tool: str, kind: str, python: str | None) -> tuple[str, ...]:
    if words := _PYTHON.get((tool, kind)):
        beside = Path(python or sys.executable).parent / words[0]
        program = str(beside) if beside.exists() else shutil.which(words[0])
        return (program, *words[1:]) if program else ()
    words = _OTHERS.get((tool, kind), ())
    program = shutil.which(words[0]) if words else None
    return (program, *words[1:]) if program else ()


def _files(failures: Sequence[Failure], code: Snapshot) -> tuple[str, ...]:
    """The files that the checker complained about; nothing where the project says what is checked."""
    told = any("[mypy]" in (code.text(path) or "") for path in ("mypy.ini", ".mypy.ini", "setup.cfg"))
    if told or "files" in (code.text("pyproject.toml") or "") or "pyrightconfig.json" in code:
        return ()
    return tuple(sorted({failure.file for failure in failures if failure.file and failure.file in code}))
