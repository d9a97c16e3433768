"""The same actions under `act`, a runner that others wrote: it must see what our own runner sees.

Built by Go, out of its own cache where that has it; skipped with the reason where it can't be had.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.actions.conftest import GREEN, script
from tests.actions.runner.forge import Forge, serving

ROOT = Path(__file__).parents[2]
PIN = "0" * 40
TOKEN = "ghs_" + "undertheactrunner0123456789abcdefg"
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
    return {**environ, "BUILD_LOG": f"{environ['HOME']}/build.log", "KEPT": str(tmp_path / "kept")}


def stand_ins(folder):
    """Actions of others, as composites that do on this machine what a test can look at."""
    steps = {
        "checkout": 'git clone -q "$REMOTE" . && git checkout -q --detach "$REF"',  # act plays the one without a commit
        "setup-python": "true",
        "cache": "true",
        "upload-artifact": 'mkdir -p "$KEPT/$NAME"; cp -r "$FROM"/. "$KEPT/$NAME"',
        "download-artifact": 'mkdir -p "$FROM"; cp -r "$KEPT/$NAME"/. "$FROM"',
    }
    env = {"NAME": "${{ inputs.name }}", "FROM": "${{ inputs.path }}", "REF": "${{ inputs.ref }}"}
    names = ["name", "path", "key", "ref", "fetch-depth", "persist-credentials", "python-version", "if-no-files-found"]
    for name, run in steps.items():
        step = {"shell": "bash", "run": run, "env": env}
        action = {
            "name": name, "description": name, "inputs": {one: {"default": ""} for one in names},
            "runs": {"using": "composite", "steps": [step]},
        }  # fmt: skip
        (folder / name).mkdir(parents=True)
        (folder / name / "action.yml").write_text(json.dumps(action))  # YAML holds JSON
    return folder


@pytest.fixture
def run(act, machine, tmp_path):
    """Run a workflow with act on a folder; what it printed. Only the actions themselves are laid before it."""
    ours, others = tmp_path / "ours", stand_ins(tmp_path / "others")
    shutil.copytree(ROOT / "actions", ours / "actions", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "action.yml", ours)

    def go(root, event_name, workflow, *, event=None, **env):
        path = root / ".github" / "workflows" / "tried.yml"
        path.parent.mkdir(parents=True)
        path.write_text(workflow)
        (tmp_path / "event.json").write_text(json.dumps(event or {}))
        text = workflow + (ROOT / "action.yml").read_text()
        used = set(re.findall(r"actions/([\w-]+)(@[0-9a-f]{40})", text))
        pins = [f"actions/{name}{pin}={others / name}" for name, pin in used if (others / name).exists()]
        known = ["BUILD_LOG", "PATH", "HOME", "KEPT", "XDG_CACHE_HOME", "GIT_CONFIG_GLOBAL", "DSPY_CI_WORKERS"]
        given = {**{name: machine[name] for name in known}, "REMOTE": str(root), **env}
        argv = [
            act, event_name, "-W", path, "-e", tmp_path / "event.json", "-P", "ubuntu-latest=-self-hosted",
            "--secret-file", tmp_path / "none", "-s", f"GITHUB_TOKEN={TOKEN}", "--env-file", tmp_path / "none",
            *(word for pin in (*pins, f"dspy-ci/dspy-ci@{PIN}={ours}") for word in ("--local-repository", pin)),
            *(word for name, held in given.items() for word in ("--env", f"{name}={held}")),
        ]  # fmt: skip
        done = subprocess.run(argv, cwd=root, env=machine, capture_output=True, text=True, timeout=280, check=False)
        return done.stdout + done.stderr

    return go


@pytest.mark.slow
def test_the_side_doors_say_the_same_under_act(run, machine, red):
    said = run(red, "pull_request", WORKFLOW)
    steps = Path(machine["HOME"], "steps.json")
    assert steps.exists(), said[-3000:]
    told = {name: step["outputs"] for name, step in json.loads(steps.read_text()).items()}
    assert (told["explain"]["status"], told["explain"]["failures"]) == ("unfixed", "1")
    assert (told["fix"]["status"], told["fix"]["failures"], told["fix"]["patches"]) == ("fixed", "1", "1")
    assert told["fix"]["sandbox"] in "ABE"
    assert "range(0, len(items), size)" in Path(machine["HOME"], "best.patch").read_text()
    assert "Summary" in said
    assert "::error file=tests/test_shelf.py" in said or "tests/test_shelf.py" in said


@pytest.fixture
def forge(red, git, described):
    """The server that plays GitHub, with a pull request that loses the last page, and its token."""
    shas = git(red, "rev-parse", "HEAD~1", "HEAD").split()
    repo = {"full_name": "acme/shelf"}
    pull = {
        "number": 7, "title": "Shorter", "user": {"login": "ada", "type": "User"}, "state": "open", "draft": False,
        "head": {"sha": shas[1], "ref": "topic", "repo": repo}, "base": {"sha": shas[0], "ref": "main", "repo": repo},
    }  # fmt: skip
    git(red, "remote", "add", "origin", "https://github.com/acme/shelf")
    with serving(Forge(str(red), pull, people={"ada": "write"}, api=described)) as made:
        made.logs[1] = Path(__file__).with_name("fork.log").read_bytes()
        yield made


def rights(text, job):
    return yaml.safe_load(text)["jobs"][job]["permissions"]


@pytest.mark.slow
def test_the_front_door_of_the_docs_delivers_under_act(run, red, forge, tmp_path):
    text = (ROOT / "docs/workflows/one-job.yml").read_text().replace("budget: 5m", "budget: 45s")
    forge.tokens[TOKEN] = rights(text, "mend")
    said = run(red, "pull_request", text, event={"pull_request": forge.pull}, GITHUB_API_URL=forge.url,
               GITHUB_REPOSITORY="acme/shelf")  # fmt: skip
    assert forge.comments, said[-6000:]
    kept = json.loads((tmp_path / "kept" / "dspy-ci-bundle" / "bundle.json").read_text())
    fence = f"```suggestion\n{GREEN['shelf.py'].splitlines()[1]}\n```"
    assert "test_the_last_page_may_be_short" in forge.comments[0]["body"]
    mended = kept["status"] == "fixed"  # a machine that is busy with much else does not come to it in this time
    assert mended == ("Mended" in forge.comments[0]["body"]) == any(fence in one["body"] for one in forge.remarks)
    assert TOKEN not in said
    assert forge.refused == []


@pytest.mark.slow
def test_a_command_is_obeyed_under_act(run, red, forge, git):
    git(red, "checkout", "-q", "--detach", forge.pull["base"]["sha"])
    text = (ROOT / "docs/workflows/commands.yml").read_text()
    forge.tokens[TOKEN] = rights(text, "respond")
    at = "2026-01-02T03:04:05Z"
    ada = {"login": "ada", "type": "User", "id": 5}
    comment = {"id": 77, "body": "/dspy help", "user": ada, "author_association": "MEMBER", "created_at": at,
               "updated_at": at}  # fmt: skip
    event = {
        "action": "created", "comment": comment, "sender": ada, "repository": {"full_name": "acme/shelf"},
        "issue": {"number": 7, "user": ada, "state": "open", "pull_request": {"url": "x"}},
    }  # fmt: skip
    said = run(red, "issue_comment", text, event=event, GITHUB_API_URL=forge.url, GITHUB_REPOSITORY="acme/shelf")
    assert forge.comments, said[-6000:]
    assert "/dspy fix" in forge.comments[0]["body"]
    assert (77, "rocket") in forge.reactions
    assert TOKEN not in said
    assert forge.refused == []
