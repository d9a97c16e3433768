"""Tiny broken projects with a known outcome, mended for real."""

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


def chart(name):
    return tomllib.loads((PATIENTS / name / "patient.toml").read_text())


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


@pytest.mark.parametrize("name", sorted(path.parent.name for path in PATIENTS.glob("*/patient.toml")))
def test_patient(name, tmp_path, git, dspy_ci, editable):
    expected = chart(name)
    root = tmp_path / "project"
    shutil.copytree(PATIENTS / name / "project", root)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "as it is")
    python = editable(root) if expected.get("install") == "editable" else sys.executable
    before = tree(root)
    command = expected.get("test_cmd", "{python} -m pytest -q").format(python=python)
    budget = expected.get("budget", 60)
    done = dspy_ci("fix", "--test-cmd", command, "--budget", budget, "--format", "json", cwd=root)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert (report["status"], done.returncode) == (expected["status"], EXITS[expected["status"]]), done.stdout
    assert tree(root) == before
    if expected["status"] != "fixed":
        assert not [patch for patch in report["patches"] if patch["verdict"]["state"] == "verified"]
        return
    best = report["patches"][0]
    assert best["verdict"]["state"] == "verified"
    subprocess.run(["git", "apply", "--check", "-"], cwd=root, input=best["diff"], text=True, check=True)
    subprocess.run(["git", "apply", "-"], cwd=root, input=best["diff"], text=True, check=True)
    shutil.copytree(PATIENTS / name / "checks", root / "checks")
    hidden = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", root, "tests", "checks"],
        cwd=root, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert hidden.returncode == 0, best["diff"] + hidden.stdout
