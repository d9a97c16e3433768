"""The same actions under `act`, a runner that others wrote: it must see what our own runner sees.

Built by Go, out of its own cache where that has it; skipped with the reason where it can't be had.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.actions.conftest import script

ROOT = Path(__file__).parents[2]
PIN = "0" * 40
WORKFLOW = f"""\
name: CI
on: pull_request
permissions: {{}}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@{PIN}
      - shell: bash
        run: python -m pytest -q -p no:cacheprovider | tee "$HOME/build.log"
  mend:
    runs-on: ubuntu-latest
    needs: [test]
    if: ${{{{ failure() }}}}
    steps:
      - uses: actions/checkout@{PIN}
      - id: explain
        uses: dspy-ci/dspy-ci/actions/explain@{PIN}
        with:
          log: ${{{{ env.BUILD_LOG }}}}
      - id: fix
        uses: dspy-ci/dspy-ci/actions/fix@{PIN}
        with:
          budget: 20s
      - run: printf %s "$STEPS" > "$HOME/steps.json"; cp "$PATCH" "$HOME/best.patch"
        env:
          STEPS: ${{{{ toJSON(steps) }}}}
          PATCH: ${{{{ steps.fix.outputs.patch-path }}}}
"""


@pytest.fixture(scope="session")
def act(tmp_path_factory):
    if ready := shutil.which("act"):
        return ready
    go = shutil.which("go")
    if not go:
        pytest.skip("neither act nor go is installed here")
    folder = tmp_path_factory.mktemp("act")
    env = {**os.environ, "GOBIN": str(folder)}
    try:
        argv = [go, "install", "github.com/nektos/act@latest"]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=400, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("go could not build act within seven minutes")
    if done.returncode:
        pytest.skip(f"go could not build act: {done.stderr[-200:]}")
    return folder / "act"


@pytest.fixture
def machine(environ, tmp_path):
    """An interpreter that makes an environment of the action out of the one of the tests."""
    tools = Path(environ["PATH"].split(":")[0])
    script(tools / "python3", f"""#!/bin/bash
if [[ "$1 $2 $3" == "-I -m venv" ]]; then
  mkdir -p "$4/bin"
  printf '#!/bin/bash\\n[[ "$*" == *"pip install"* ]] && exit\\nexec "{sys.executable}" "$@"\\n' > "$4/bin/python"
  chmod +x "$4/bin/python"
  exit
fi
exec "{sys.executable}" "$@"
""")  # fmt: skip
    return {**environ, "BUILD_LOG": f"{environ['HOME']}/build.log"}


@pytest.mark.slow
def test_the_side_doors_say_the_same_under_act(act, machine, red, write):
    write(red, {".github/workflows/ci.yml": WORKFLOW})
    argv = [act, "pull_request", "-P", "ubuntu-latest=-self-hosted",
            "--local-repository", f"dspy-ci/dspy-ci@{PIN}={ROOT}",
            "--env", f"BUILD_LOG={machine['BUILD_LOG']}", "--env", f"PATH={machine['PATH']}",
            "--env", f"HOME={machine['HOME']}"]  # fmt: skip
    done = subprocess.run(argv, cwd=red, env=machine, capture_output=True, text=True, timeout=240, check=False)
    steps = Path(machine["HOME"], "steps.json")
    assert steps.exists(), done.stdout[-3000:] + done.stderr[-1000:]
    told = {name: step["outputs"] for name, step in json.loads(steps.read_text()).items()}
    assert (told["explain"]["status"], told["explain"]["failures"]) == ("unfixed", "1")
    assert (told["fix"]["status"], told["fix"]["failures"], told["fix"]["patches"]) == ("fixed", "1", "1")
    assert told["fix"]["sandbox"] in "ABE"
    assert "range(0, len(items), size)" in Path(machine["HOME"], "best.patch").read_text()
    assert "Summary" in done.stdout
    assert "::error file=tests/test_shelf.py" in done.stdout or "tests/test_shelf.py" in done.stdout
