"""Which checkers a repository has configured: a table, and the search through it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

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
    python: bool = True
    """Called as a module of the project's interpreter; otherwise as a program."""


CHECKERS = (
    Checker("types", "mypy", ("mypy.ini", ".mypy.ini"), (("pyproject.toml", "[tool.mypy]"), ("setup.cfg", "[mypy]")),
            ("--no-error-summary", "--no-pretty", "--hide-error-context", "--no-color-output")),
    Checker("types", "pyright", ("pyrightconfig.json",), (("pyproject.toml", "[tool.pyright]"),), ()),
    Checker("types", "basedpyright", (), (("pyproject.toml", "[tool.basedpyright]"),), ()),
    Checker("types", "ty", ("ty.toml",), (("pyproject.toml", "[tool.ty]"),),
            ("check", "--output-format", "concise", "--color", "never"), python=False),
    Checker("types", "pyrefly", ("pyrefly.toml",), (("pyproject.toml", "[tool.pyrefly]"),),
            ("check", "--output-format", "min-text"), python=False),
    Checker("types", "tsc", ("tsconfig.json",), (), ("--noEmit", "--pretty", "false"), python=False),
    Checker("lint", "ruff", ("ruff.toml", ".ruff.toml"), (("pyproject.toml", "[tool.ruff"),),
            ("check", "--output-format", "concise", "--no-cache", "--no-fix", ".")),
    Checker("lint", "flake8", (".flake8",), (("setup.cfg", "[flake8]"), ("tox.ini", "[flake8]")), ()),
    Checker("lint", "pylint", (".pylintrc", "pylintrc"), (("pyproject.toml", "[tool.pylint"),),
            ("--output-format=text", "--score=n", "--recursive=y", ".")),
    Checker("lint", "eslint", ("eslint.config.js", "eslint.config.mjs", ".eslintrc.json", ".eslintrc.js"), (),
            ("--format", "unix", "."), python=False),
)  # fmt: skip


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
    words = checker.words + _targets(checker, code)
    if checker.python:
        yield Command((python, "-m", checker.tool, *words), _TIMEOUT)
    if checker.tool == "ruff":  # it is our own dependency, and needs nothing of the project's environment
        yield Command((sys.executable, "-m", "ruff", *words), _TIMEOUT)
    yield Command((checker.tool, *words), _TIMEOUT)


def _targets(checker: Checker, code: Snapshot) -> tuple[str, ...]:
    """Mypy wants to be told what to check, unless its configuration does so."""
    if checker.tool != "mypy":
        return ()
    texts = [code.text(path) or "" for path in (*checker.files, *(path for path, _ in checker.sections))]
    told = ("files", "packages", "modules")
    if any(line.partition("=")[0].strip() in told for text in texts for line in text.splitlines()):
        return ()
    return ("src",) if any(path.startswith("src/") for path in code.python_paths) else (".",)
