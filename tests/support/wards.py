"""Tiny broken projects with a known outcome: how they are read, admitted, mended, and looked at afterwards."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PATIENTS = Path(__file__).parent.parent / "patients"
EXITS = {"green": 0, "fixed": 0, "unfixed": 1, "error": 4}


def wards():
    """The patients of the tables, by table and name; and those that have a folder of their own, by its name."""
    found = {}
    for table in sorted(PATIENTS.glob("tables/*.toml")):
        for patient in tomllib.loads(table.read_text())["patient"]:
            found[f"{table.stem}: {patient['name']}"] = patient
    for chart in sorted(PATIENTS.glob("*/patient.toml")):
        below = {part: texts(chart.parent / part) for part in ("project", "checks")}
        patient = {**tomllib.loads(chart.read_text()), "files": below["project"], "checks": below["checks"]}
        found[chart.parent.name] = patient
    return found


def texts(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


WARDS = wards()
MENDABLE = [name for name, patient in WARDS.items() if patient.get("status", "fixed") == "fixed"]
OTHERS = [name for name in WARDS if name not in MENDABLE]


def admitted(patient, root, git, write):
    """Make the patient's project a repository: what was before is one commit, the change another."""
    if gone := [name for name in patient.get("needs", ()) if not is_here(name)]:
        pytest.skip(f"{', '.join(gone)} is not installed")
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    configured = {**patient.get("before", {}), **patient["files"]}.keys() & {"pyproject.toml", "pytest.ini"}
    bare = {} if configured else {"pytest.ini": "[pytest]\npythonpath = .\n"}
    commits = [{**bare, **patient["before"]}] if "before" in patient else []
    for files in (*commits, {**bare, **patient["files"]}):
        write(root, {path: text for path, text in files.items() if text is not False})
        for path in (path for path, text in files.items() if text is False):
            (root / path).unlink()
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "a change")
    return editable(root) if patient.get("install") == "editable" else sys.executable


def is_here(name):
    return shutil.which(name) is not None or importlib.util.find_spec(name) is not None


def editable(root):
    """Install the project in editable mode into an environment that shares this one's packages."""
    home = root.with_name("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    Path(site, "shared.pth").write_text(f"{Path(pytest.__file__).parent.parent}\n")
    Path(site, "patient.pth").write_text(f"{root / 'src'}\n")  # what a flat editable install leaves behind
    return python


def mended(patient, root, python, dspy_ci):
    """The report on the patient, whose outcome is as expected and whose files are untouched; and the verified ones."""
    expected = patient.get("status", "fixed")
    given = patient.get("test_cmd", "{python} -m pytest -q").format(python=python)
    words = ["--test-cmd", given, *(word.format(python=python) for word in patient.get("options", ()))]
    budget = patient.get("budget", 60 if expected == "fixed" else 5)
    before = tree(root)
    done = dspy_ci("fix", *words, "--budget", budget, "--workers", 1, "--format", "json", cwd=root)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert (report["status"], done.returncode) == (expected, EXITS[expected]), done.stdout
    assert tree(root) == before
    if "proposes" in patient:
        assert any(patient["proposes"] in json.dumps(one) for one in report["proposals"]), report["proposals"]
    return report, [patch for patch in report["patches"] if patch["verdict"]["state"] == "verified"]


def tree(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git/" not in f"{path.relative_to(root)}/"
    }


def cured(root, python):
    """How the tests of the project and those that it never saw end in it as it lies there."""
    folders = [name for name in ("tests", "checks") if (root / name).is_dir()]
    return subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", root, *folders],
        cwd=root, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
