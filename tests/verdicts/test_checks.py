"""What the checkers of the table print, read as diagnostics; and which of them a repository has configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.verdicts.check import diagnostics
from dspy_ci.verdicts.checks import CHECKERS, configured

PRINTED = {
    "mypy": ("bad.py:8: error: Incompatible types in assignment  [assignment]\nbad.py:8: note: See https://x\n",
             ["bad.py: error: Incompatible types in assignment [assignment]"]),
    "pyright": (('bad.py\n  bad.py:8:10 - error: Type "int" is not assignable to declared type "str"\n'
                '    "int" is not assignable to "str" (reportAssignmentType)\n1 error, 0 warnings, 0 informations\n'),
                ['bad.py: error: Type "int" is not assignable to declared type "str"']),
    "ty": ("bad.py:8:10: error[invalid-assignment] Object of type `int`\nFound 1 diagnostic\n",
           ["bad.py: error[invalid-assignment] Object of type `int`"]),
    "pyrefly": ((" INFO Checking project configured at `pyproject.toml`\n"
                "ERROR bad.py:8:10-19: `int` is not assignable to `str` [bad-assignment]\n INFO 1 error\n"),
                ["bad.py: `int` is not assignable to `str` [bad-assignment]"]),
    "tsc": ("src/b.ts(1,7): error TS2322: Type 'number' is not assignable to type 'string'.\n",
            ["src/b.ts: error TS2322: Type 'number' is not assignable to type 'string'."]),
    "ruff": ("bad.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.\n[*] 1 fixable with the `--fix` option.\n",
             ["bad.py: F401 [*] `os` imported but unused"]),
    "flake8": ("./bad.py:1:1: F401 'os' imported but unused\n", ["./bad.py: F401 'os' imported but unused"]),
    "pylint": ("************* Module bad\nbad.py:1:0: W0611: Unused import os (unused-import)\n",
               ["bad.py: W0611: Unused import os (unused-import)"]),
    "eslint": (("\nweb/a.js\n  1:7   error    'x' is never used                     no-unused-vars\n"
               "  1:20  warning  Expected '===' and instead saw '=='   eqeqeq\n\n✖ 2 problems (1 error, 1 warning)\n"),
               ["web/a.js: error 'x' is never used no-unused-vars",
                "web/a.js: warning Expected '===' and instead saw '==' eqeqeq"]),
    "pre-commit": (("trim trailing whitespace.............Failed\n- hook id: trailing-whitespace\n- exit code: 1\n"
                   "- files were modified by this hook\n\nFixing a.py\n\nflake8....Failed\n- hook id: flake8\n"
                   "- exit code: 1\n\nbad.py:1:1: F401 'os' imported but unused\n\ncheck yaml.....Passed\n"),
                   ["trailing-whitespace: failed", "a.py: is changed by a hook", "flake8: failed",
                    "bad.py: F401 'os' imported but unused"]),
}  # fmt: skip
"""Recorded from runs of these tools, shortened."""


@pytest.mark.parametrize("tool", PRINTED)
def test_what_a_checker_prints_is_read(tool):
    printed, expected = PRINTED[tool]
    assert list(diagnostics(printed)) == expected


@pytest.mark.parametrize("tool", PRINTED)
def test_a_diagnostic_that_moved_is_the_same(tool):
    printed, _ = PRINTED[tool]
    moved = printed.replace(":8:", ":11:").replace("1:7   ", "21:7  ").replace("(1,7)", "(9,7)").replace(":1:", ":40:")
    assert list(diagnostics(moved)) == list(diagnostics(printed))


CONFIGURED = [
    ({"pyproject.toml": "[tool.mypy]\n[tool.ruff.lint]\n"}, {"types": "mypy", "lint": "ruff"}),
    ({"pyproject.toml": "[tool.pyright]\n", ".flake8": ""}, {"types": "pyright", "lint": "flake8"}),
    ({"ty.toml": "", ".pylintrc": ""}, {"types": "ty", "lint": "pylint"}),
    ({"pyrefly.toml": "", "setup.cfg": "[flake8]\n"}, {"types": "pyrefly", "lint": "flake8"}),
    ({"tsconfig.json": "{}", "eslint.config.mjs": ""}, {"types": "tsc", "lint": "eslint"}),
    ({".pre-commit-config.yaml": "repos: []\n"}, {"lint": "pre-commit"}),
    ({"pyproject.toml": "[tool.ruff]\n", ".pre-commit-config.yaml": "repos: []\n"}, {"lint": "ruff"}),
    ({"a.py": ""}, {}),
]


@pytest.mark.parametrize(("files", "expected"), CONFIGURED)
def test_the_checker_that_the_repository_configures_counts(files, expected):
    assert {check.part: check.tool for check in configured(Snapshot.of(files), "/venv/bin/python")} == expected


def test_every_checker_is_called_from_the_project_first():
    for checker in CHECKERS:
        files = {checker.files[0]: ""} if checker.files else {checker.sections[0][0]: checker.sections[0][1]}
        [check] = configured(Snapshot.of(files), "/venv/bin/python")
        assert check.tool == checker.tool
        assert check.commands[0].argv[0] in {"/venv/bin/python", f"node_modules/.bin/{checker.tool}"}
        assert check.commands[-1].argv[0] == checker.tool


def test_what_a_checker_has_downloaded_is_shown_to_it(monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    files = {".pre-commit-config.yaml": ""}
    assert {command.reads for check in configured(Snapshot.of(files), "python") for command in check.commands} == {()}
    (tmp_path / ".cache" / "pre-commit").mkdir(parents=True)
    [check] = configured(Snapshot.of(files), "python")
    for command in check.commands:
        assert command.reads == (command.env["PRE_COMMIT_HOME"],) == (str(tmp_path / ".cache" / "pre-commit"),)
