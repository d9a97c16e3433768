"""Tiny broken projects with a known outcome, mended for real."""

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

pytestmark = pytest.mark.slow


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


def tree(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git/" not in f"{path.relative_to(root)}/"
    }


@pytest.fixture(scope="module")
def editable(tmp_path_factory):
    """Install a project in editable mode into an environment that shares this one's packages."""

    def install(root):
        home = tmp_path_factory.mktemp("venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
        python = home / "bin" / "python"
        ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        site = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
        Path(site, "shared.pth").write_text(f"{Path(pytest.__file__).parent.parent}\n")
        Path(site, "patient.pth").write_text(f"{root / 'src'}\n")  # what a flat editable install leaves behind
        return python

    return install


@pytest.fixture
def admitted(tmp_path, git, write):
    """The patient's project as a repository: what was before is one commit, the change another."""

    def admit(patient):
        root = tmp_path / "project"
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
        return root

    return admit


def missing(patient):
    """The programs that the patient needs and that are not here."""
    return [name for name in patient.get("needs", ()) if shutil.which(name) is None and not is_module(name)]


def is_module(name):
    return importlib.util.find_spec(name) is not None


@pytest.mark.parametrize("name", WARDS)
def test_patient(name, admitted, write, dspy_ci, editable):
    patient = WARDS[name]
    if gone := missing(patient):
        pytest.skip(f"{', '.join(gone)} is not installed")
    root = admitted(patient)
    python = editable(root) if patient.get("install") == "editable" else sys.executable
    before = tree(root)
    given = patient.get("test_cmd", "{python} -m pytest -q")
    words = ["--test-cmd", given.format(python=python)] if given else []
    words += [word.format(python=python) for word in patient.get("options", ())]
    expected = patient.get("status", "fixed")
    done = dspy_ci("fix", *words, "--budget", patient.get("budget", 60), "--format", "json", cwd=root)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert (report["status"], done.returncode) == (expected, EXITS[expected]), done.stdout
    assert tree(root) == before
    verified = [patch for patch in report["patches"] if patch["verdict"]["state"] == "verified"]
    if "proposes" in patient:
        assert any(patient["proposes"] in json.dumps(one) for one in report["proposals"]), report["proposals"]
    if expected != "fixed":
        assert not verified
        return
    best = report["patches"][0]
    assert best in verified
    assert best["origin"].startswith(patient.get("origin", "")), best["diff"]
    assert best["disposition"] == patient.get("disposition", best["disposition"]), best["diff"]
    subprocess.run(["git", "apply", "--check", "-"], cwd=root, input=best["diff"], text=True, check=True)
    subprocess.run(["git", "apply", "-"], cwd=root, input=best["diff"], text=True, check=True)
    write(root, {f"checks/{path}": text for path, text in patient.get("checks", {}).items()})
    folders = [name for name in ("tests", "checks") if (root / name).is_dir()]
    if not folders:
        return
    hidden = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", root, *folders],
        cwd=root, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert hidden.returncode == 0, best["diff"] + hidden.stdout
