"""The scripts behind the actions: installing, raising the sandbox."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.actions.conftest import script

STEPS = Path(__file__).parents[2] / "actions" / "steps"


@pytest.fixture
def step(tmp_path, environ):
    """Run a script of the actions in a folder; returns the process and its outputs."""

    def run(name, *words, cwd=tmp_path, **env):
        output = tmp_path / "output"
        output.write_text("")
        done = subprocess.run(
            [STEPS / name, *words], cwd=cwd, capture_output=True, text=True, timeout=240, check=False,
            env={**environ, "RUNNER_TEMP": str(tmp_path / "temp"), "RUNNER_OS": "Linux", "GITHUB_OUTPUT": str(output)}
            | env,
        )  # fmt: skip
        return done, dict(line.split("=", 1) for line in output.read_text().splitlines())

    (tmp_path / "temp").mkdir()
    return run


@pytest.fixture
def sysctl(environ, tmp_path):
    """A kernel that restricts namespaces until someone with the right to do so lifts it."""
    tools = Path(environ["PATH"].split(":")[0])
    kept = tmp_path / "restricted"
    kept.write_text("1")
    script(tools / "sysctl", f"""#!/bin/bash
if [[ $1 == -n ]]; then [[ $2 == *apparmor* ]] && cat {kept}; exit; fi
[[ $3 == kernel.apparmor_restrict_unprivileged_userns=0 ]] && echo -n 0 > {kept}
""")  # fmt: skip
    script(tools / "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    return kept


DOCTOR = """#!/bin/sh
echo "$@" >> "{asked}"
echo "Sandbox
  --  tier A: not used: no namespaces
      try: sudo x
  ok  tier B: fine
  ok  tier E: plain
Powers"
exit 4
"""


@pytest.fixture
def bare(tmp_path):
    """A path on which nothing is but what a shell needs."""
    folder = tmp_path / "bare"
    folder.mkdir()
    for tool in ("bash", "dirname", "env"):
        (folder / tool).symlink_to(shutil.which(tool))
    return folder


@pytest.fixture
def python(tmp_path):
    """An interpreter whose doctor finds that tier B holds, and tests that cannot run."""
    asked = tmp_path / "asked"
    script(tmp_path / "python", DOCTOR.format(asked=asked))
    return tmp_path / "python", asked


def test_a_hosted_runner_is_raised_and_then_tried_afresh(step, sysctl, python):
    done, outputs = step("sandbox.sh", python[0], RUNNER_ENVIRONMENT="github-hosted")
    assert (done.returncode, outputs) == (0, {"tier": "B"}), done.stderr
    assert sysctl.read_text() == "0"
    assert "--fresh" in python[1].read_text()
    assert "sandbox tier B" in done.stdout
    assert "tier A: not used: no namespaces\n      try: sudo x" in done.stdout


def test_a_machine_of_ones_own_is_never_changed(step, sysctl, python):
    done, outputs = step("sandbox.sh", python[0], RUNNER_ENVIRONMENT="self-hosted")
    assert (done.returncode, outputs) == (0, {"tier": "B"})
    assert sysctl.read_text() == "1"
    assert "--fresh" not in python[1].read_text()


def test_without_the_right_to_raise_it_a_notice_says_so_and_the_work_goes_on(step, sysctl, python, environ):
    script(Path(environ["PATH"].split(":")[0]) / "sudo", "#!/bin/sh\nexit 1\n")
    done, outputs = step("sandbox.sh", python[0], RUNNER_ENVIRONMENT="github-hosted")
    assert (done.returncode, outputs) == (0, {"tier": "B"})
    assert "::notice title=dspy-ci::kernel.apparmor_restrict_unprivileged_userns=0 could not be set" in done.stdout


def test_without_any_sandbox_the_tier_is_none(step, tmp_path):
    script(tmp_path / "python", "#!/bin/sh\nexit 3\n")
    done, outputs = step("sandbox.sh", tmp_path / "python")
    assert (done.returncode, outputs) == (0, {"tier": "none"})


def test_a_runner_without_a_python_that_is_new_enough_gets_a_sentence(step, bare):
    script(bare / "python3", "#!/bin/sh\nexit 1\n")
    done, outputs = step("install.sh", PATH=str(bare))
    assert (done.returncode, outputs) == (4, {})
    assert "::error title=dspy-ci::dspy-ci needs Python 3.10 or newer" in done.stdout


def test_an_old_python_in_front_does_not_hide_the_new_one_behind_it(step, bare, tmp_path):
    script(bare / "python3", "#!/bin/sh\nexit 1\n")
    later = tmp_path / "later"
    later.mkdir()
    script(
        later / "python3",
        f'#!/bin/sh\n[ "$3" = venv ] && echo "venv by $0" >&2 && exit 9\nexec {sys.executable} "$@"\n',
    )
    done, _ = step("install.sh", PATH=f"{bare}:{later}")
    assert (done.returncode, done.stderr) == (9, f"venv by {later}/python3\n")


@pytest.mark.slow
def test_it_installs_itself_from_its_own_files_whatever_the_workspace_holds(step, tmp_path):
    workspace = tmp_path / "workspace"
    trap = "import pathlib\npathlib.Path(__file__).with_name('sprung').touch()\n"
    for name in (
        "venv.py",
        "pip.py",
        "ensurepip.py",
        "dspy_ci.py",
        "sitecustomize.py",
        "hatchling.py",
        "sys.py",
        "re.py",
    ):
        workspace.mkdir(exist_ok=True)
        (workspace / name).write_text(trap)
    done, outputs = step("install.sh", cwd=workspace, PYTHONPATH=str(workspace), PIP_CACHE_DIR=pip_cache())
    if done.returncode == 4 and "Could not find a version" in done.stderr:
        pytest.skip("no package index is in reach")
    assert done.returncode == 0, done.stderr
    assert not (workspace / "sprung").exists()
    asked = [outputs["python"], "-I", "-m", "dspy_ci", "--version"]
    assert subprocess.run(asked, cwd=workspace, capture_output=True, text=True, check=True).stdout.startswith(
        "dspy-ci "
    )
    assert outputs["python"].startswith(str(tmp_path / "temp"))
    again, same = step("install.sh", cwd=workspace)
    assert (again.returncode, same, again.stderr) == (0, outputs, "")


def pip_cache():
    """Wheels that the person who runs the tests has already are taken as they are."""
    asked = [sys.executable, "-m", "pip", "cache", "dir"]
    env = {name: held for name, held in os.environ.items() if name != "XDG_CACHE_HOME"}
    return subprocess.run(asked, capture_output=True, text=True, check=False, env=env).stdout.strip()
