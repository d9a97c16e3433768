"""Every checker of the table for real, in a sandbox: it is found, its diagnostics are read, and a new one is new.

The tools are fetched with pip and npm; DSPY_CI_BENCH_TOOLS may name the interpreter of an environment that holds them,
DSPY_CI_BENCH_NODE_MODULES a folder `node_modules` with eslint and typescript. Run with `nox -s bench`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import tried
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.verdicts.check import delta, look
from dspy_ci.verdicts.checks import configured

TOOLS = ("mypy", "pyright", "basedpyright", "ty", "pyrefly", "ruff", "flake8", "pylint", "pre-commit")
PYTHON = {"good.py": '"""Good."""\n\nONE: int = 1\n'}
TYPES = {**PYTHON, "old.py": '"""Old."""\n\nTWO: str = 2\n'}, b'"""Good."""\n\nONE: int = "1"\n'
LINT = {**PYTHON, "old.py": '"""Old."""\n\nimport os\n'}, b'"""Good."""\n\nimport sys\n\nONE: int = 1\n'
HOOK = """\
repos:
- repo: local
  hooks:
  - {id: words, name: words, language: pygrep, entry: 'import', types: [python]}
  - {id: fails, name: fails, language: system, entry: 'python3 -m json.tool', files: old.py}
"""
ESLINT = 'export default [{ rules: { "no-unused-vars": "error" } }];\n'
TSC = '{"compilerOptions": {"strict": true, "types": []}, "include": ["*.ts"]}\n'
CASES = {
    "mypy": ("good.py", {"mypy.ini": "[mypy]\n"}, TYPES),
    "pyright": ("good.py", {"pyrightconfig.json": "{}\n"}, TYPES),
    "basedpyright": ("good.py", {"pyproject.toml": "[tool.basedpyright]\n"}, TYPES),
    "ty": ("good.py", {"ty.toml": ""}, TYPES),
    "pyrefly": ("good.py", {"pyrefly.toml": 'project-includes = ["*.py"]\n'}, TYPES),
    "ruff": ("good.py", {"ruff.toml": ""}, LINT),
    "flake8": ("good.py", {".flake8": "[flake8]\n"}, LINT),
    "pylint": ("good.py", {".pylintrc": "[MAIN]\n"}, LINT),
    "pre-commit": ("good.py", {".pre-commit-config.yaml": HOOK}, LINT),
    "eslint": ("good.js", {"eslint.config.mjs": ESLINT},
               ({"good.js": "export const a = 1;\n", "old.js": "const x = 1;\n"}, b"const y = 2;\n")),
    "tsc": ("good.ts", {"tsconfig.json": TSC},
            ({"good.ts": "export const a: number = 1;\n", "old.ts": "export const b: string = 1;\n"},
             b'export const a: number = "1";\n')),
}  # fmt: skip
"""By tool: the file that a patch spoils, its configuration, the project with one old finding, the spoiled file."""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    if named := os.environ.get("DSPY_CI_BENCH_TOOLS"):
        return named
    folder = tmp_path_factory.mktemp("tools")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    inside = str(folder / "bin" / "python")
    if subprocess.run([inside, "-m", "pip", "install", "-q", *TOOLS], check=False).returncode:
        pytest.skip("the checkers cannot be fetched")
    return inside


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory):
    if named := os.environ.get("DSPY_CI_BENCH_NODE_MODULES"):
        return Path(named)
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    words = ("npm", "install", "--silent", "--no-audit", "--prefix", str(folder), "eslint", "typescript")
    if subprocess.run(words, check=False).returncode:
        pytest.skip("eslint and typescript cannot be fetched")
    return folder / "node_modules"


@pytest.mark.parametrize("tier", ["A", "B"])
@pytest.mark.parametrize("tool", CASES)
def test_a_new_finding_is_new_and_an_old_one_is_not(tool, tier, repository, request):
    if not tried(tier).works:
        pytest.skip("does not hold here")
    path, settings, (files, spoiled) = CASES[tool]
    root = repository({**files, **settings})
    interpreter = sys.executable
    if tool in {"eslint", "tsc"}:
        shutil.copytree(request.getfixturevalue("node_modules"), root / "node_modules", symlinks=True)
    else:
        interpreter = request.getfixturevalue("python")
    [check] = configured(Snapshot.of({**files, **settings}), interpreter)
    with LocalSandbox(str(root), tier).open() as copy:
        before, after = look(check, copy), look(check, copy, {path: spoiled})
        moved = look(check, copy, {"old" + Path(path).suffix: b"\n\n" + files["old" + Path(path).suffix].encode()})
    assert before.note == after.note == ""
    assert before.diagnostics, "the old finding"
    changed = delta(before, after)
    assert changed.new
    assert all("good" in finding for finding in changed.new), changed
    if tool != "pylint":  # it counts the empty lines
        assert delta(before, moved).new == (), moved
