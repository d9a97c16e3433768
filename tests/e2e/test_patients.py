"""Tiny broken projects that can be mended, mended for real; hidden tests tell a cure from a guess."""

import subprocess

import pytest
from wards import MENDABLE, WARDS, admitted, cured, mended

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", MENDABLE)
def test_the_first_patch_is_a_cure(name, tmp_path, git, write, dspy_ci):
    patient, root = WARDS[name], tmp_path / "project"
    python = admitted(patient, root, git, write)
    report, verified = mended(patient, root, python, dspy_ci)
    best = report["patches"][0]
    assert best in verified
    assert best["origin"].startswith(patient.get("origin", "")), best["diff"]
    assert best["disposition"] == patient.get("disposition", best["disposition"]), best["diff"]
    subprocess.run(["git", "apply", "--check", "-"], cwd=root, input=best["diff"], text=True, check=True)
    subprocess.run(["git", "apply", "-"], cwd=root, input=best["diff"], text=True, check=True)
    write(root, {f"checks/{path}": text for path, text in patient.get("checks", {}).items()})
    if (root / "tests").is_dir() or (root / "checks").is_dir():
        done = cured(root, python)
        assert done.returncode == 0, best["diff"] + done.stdout
