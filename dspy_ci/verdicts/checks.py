"""Which checkers a repository has configured: a table, and the search through it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.ports.sandbox import Command
from dspy_ci.verdicts.check import Check, Part

_TIMEOUT = 180.0


@dataclass(frozen=True, slots=True)
class Checker:
    """How a checker shows that it is configured, and how it is called."""

    part: Part
    tool: str
    files: tuple[str, ...]
    """Their presence alone configures it."""
    sections: tuple[tuple[str, str], ...]
    """A file, and a line that it holds."""
    words: tuple[str, ...]
    """What follows the tool's name on its command line."""
    module: str | None = None
    """Its name behind `python -m`; None for a program of node."""
    keeps: tuple[str, str] | None = None
    """An environment variable and a folder below the home: what it has downloaded, which it cannot do in a copy."""


CHECKERS = (
    Checker("types", "mypy", ("mypy.ini", ".mypy.ini"), (("pyproject.toml", "[tool.mypy]"), ("setup.cfg", "[mypy]")),
            ("--no-error-summary", "--no-pretty", "--hide-error-context", "--no-color-output"), "mypy"),
    Checker("types", "pyright", ("pyrightconfig.json",), (("pyproject.toml", "[tool.pyright]"),), (), "pyright",
            ("PYRIGHT_PYTHON_CACHE_DIR", ".cache/pyright-python")),
    Checker("types", "basedpyright", (), (("pyproject.toml", "[tool.basedpyright]"),), (), "basedpyright"),
    Checker("types", "ty", ("ty.toml",), (("pyproject.toml", "[tool.ty]"),),
            ("check", "--output-format", "concise", "--color", "never"), "ty"),
    Checker("types", "pyrefly", ("pyrefly.toml",), (("pyproject.toml", "[tool.pyrefly]"),),
            ("check", "--output-format", "min-text"), "pyrefly"),
    Checker("types", "tsc", ("tsconfig.json",), (), ("--noEmit", "--pretty", "false")),
    Checker("lint", "ruff", ("ruff.toml", ".ruff.toml"), (("pyproject.toml", "[tool.ruff"),),
            ("check", "--output-format", "concise", "--no-cache", "--no-fix", "."), "ruff"),
    Checker("lint", "flake8", (".flake8",), (("setup.cfg", "[flake8]"), ("tox.ini", "[flake8]")),
            ("--jobs=1",), "flake8"),  # its workers need semaphores, which tier B has not
    Checker("lint", "pylint", (".pylintrc", "pylintrc"), (("pyproject.toml", "[tool.pylint"),),
            ("--output-format=text", "--score=n", "--recursive=y", "."), "pylint"),
    Checker("lint", "eslint",
            ("eslint.config.js", "eslint.config.mjs", "eslint.config.cjs", ".eslintrc.json", ".eslintrc.js"), (),
            ("--format", "stylish", "--no-color", ".")),
    Checker("lint", "pre-commit", (".pre-commit-config.yaml",), (), ("run", "--all-files", "--color=never"),
            "pre_commit", ("PRE_COMMIT_HOME", ".cache/pre-commit")),
)  # fmt: skip
"""In order of precedence: the first one of each part that is configured counts."""


def configured(code: Snapshot, python: str) -> tuple[Check, ...]:
    """The first configured checker of each part, to be called with the project's interpreter."""
    found: dict[Part, Check] = {}
    for checker in CHECKERS:
        if checker.part not in found and _is_configured(checker, code):
            found[checker.part] = Check(checker.part, checker.tool, tuple(_commands(checker, code, python)))
    return tuple(found.values())


def given(part: Part, shown: str, argv: tuple[str, ...]) -> Check:
    """A checker that the user named."""
    return Check(part, shown, (Command(argv, _TIMEOUT),))


def _is_configured(checker: Checker, code: Snapshot) -> bool:
    if any(path in code for path in checker.files):
        return True
    return any(_holds(code.text(path) or "", line) for path, line in checker.sections)


def _holds(text: str, start: str) -> bool:
    return any(line.startswith(start) for line in text.splitlines())


def _commands(checker: Checker, code: Snapshot, python: str) -> Iterator[Command]:
    """The ways to call it: the project's environment first, then whatever the path holds."""
    words = checker.words + _targets(checker, code)
    if checker.module:
        yield _command(checker, (python, "-m", checker.module, *words))
        if checker.tool == "ruff":  # it is our own dependency, and needs nothing of the project's environment
            yield _command(checker, (sys.executable, "-m", "ruff", *words))
    else:
        yield _command(checker, (f"node_modules/.bin/{checker.tool}", *words))
    yield _command(checker, (checker.tool, *words))


def _command(checker: Checker, argv: tuple[str, ...]) -> Command:
    if checker.keeps:
        name, place = checker.keeps
        folder = Path.home() / place
        if folder.is_dir():
            return Command(argv, _TIMEOUT, {name: str(folder)}, reads=(str(folder),))
    return Command(argv, _TIMEOUT)


def _targets(checker: Checker, code: Snapshot) -> tuple[str, ...]:
    """Mypy wants to be told what to check, unless its configuration does so."""
    if checker.tool != "mypy":
        return ()
    texts = [code.text(path) or "" for path in (*checker.files, *(path for path, _ in checker.sections))]
    told = ("files", "packages", "modules")
    if any(line.partition("=")[0].strip() in told for text in texts for line in text.splitlines()):
        return ()
    return ("src",) if any(path.startswith("src/") for path in code.python_paths) else (".",)
