"""Workflows and actions as the linters of the field see them."""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTIONS = sorted([ROOT / "action.yml", *ROOT.glob("actions/*/action.yml")])
READY = sorted(ROOT.glob("docs/workflows/*.yml"))
OWN = sorted(ROOT.glob(".github/workflows/*.yml"))
OPT_IN = {"forks.yml": "workflow_run", "commands.yml": "issue_comment"}
"""Their trigger is dangerous in the wrong hands, and says in the file why it is not in these."""


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


@cache
def audit(persona, *words):
    """Every finding of zizmor in every file."""
    zizmor = Path(sys.executable).with_name("zizmor")
    if not zizmor.exists():
        pytest.skip("zizmor is not installed here: pip install zizmor")
    argv = [
        zizmor,
        "--offline",
        "--no-progress",
        "--persona",
        persona,
        "--format",
        "json",
        *words,
        *ACTIONS,
        *READY,
        *OWN,
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("["), done.stderr
    return json.loads(done.stdout)


def found(path, persona, *, silenced=False):
    """Rule and line of the findings in a file, with those that a comment silences where they are asked for."""
    findings = audit(persona, "--no-ignores") if silenced else audit(persona)
    places = [(finding, finding["locations"][0]) for finding in findings]
    return [
        (finding["ident"], place["concrete"]["location"]["start_point"]["row"] + 1)
        for finding, place in places
        if place["symbolic"]["key"]["Local"]["verbatim_path"] == str(path)
    ]


@pytest.mark.parametrize("persona", ["regular", "pedantic", "auditor"])
@named([*ACTIONS, *READY, *OWN])
def test_zizmor_finds_nothing(path, persona):
    assert found(path, persona) == []


@pytest.mark.parametrize("persona", ["regular", "pedantic", "auditor"])
@named([*ACTIONS, *READY])
def test_nothing_is_silenced_but_the_triggers_of_the_opt_in_workflows(path, persona):
    lines = path.read_text().splitlines()
    where = [number for number, line in enumerate(lines, 1) if re.match("on:", line)]
    expected = [("dangerous-triggers", where[0])] if path.name in OPT_IN else []
    assert found(path, persona, silenced=True) == expected


@named([path for path in READY if path.name in OPT_IN])
def test_a_silenced_trigger_gives_its_reason_where_it_stands(path):
    (line,) = [line for line in path.read_text().splitlines() if "zizmor: ignore" in line]
    reason = line.split("zizmor: ignore[dangerous-triggers]")[1].strip()
    assert line.startswith("on:")
    assert len(reason.split()) >= 10
    assert list(yaml.safe_load(path.read_text())[True]) == [OPT_IN[path.name]]  # YAML reads `on` as true


def test_our_own_workflow_silences_only_that_it_uses_itself():
    silenced = {rule for path in OWN for rule, _ in found(path, "auditor", silenced=True)}
    assert silenced == {"self-repository"}


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory):
    """Built by Go, out of its own cache where that has it; a test that cannot have it is skipped with the reason."""
    if ready := shutil.which("actionlint"):
        return ready
    go = shutil.which("go")
    if not go:
        pytest.skip("neither actionlint nor go is installed here")
    folder = tmp_path_factory.mktemp("actionlint")
    argv = [go, "install", "github.com/rhysd/actionlint/cmd/actionlint@latest"]
    try:
        done = subprocess.run(
            argv, env={**os.environ, "GOBIN": str(folder)}, capture_output=True, text=True, timeout=240, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("go could not build actionlint within four minutes")
    if done.returncode:
        pytest.skip(f"go could not build actionlint: {done.stderr[-200:]}")
    return folder / "actionlint"


@pytest.mark.slow
def test_actionlint_finds_nothing(actionlint):
    argv = [actionlint, "-shellcheck=", "-pyflakes=", *READY, *OWN]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@named([*READY, *OWN])
def test_every_permission_and_every_job_says_why_and_for_how_long(path):
    text = path.read_text()
    workflow = yaml.safe_load(text)
    assert text.startswith("# ")
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"], name
        assert job["permissions"], name
    asked = re.findall(r"^ {6}[a-z-]+: (?:read|write)\b.*$", text, re.MULTILINE)
    assert len(asked) == sum(len(job["permissions"]) for job in workflow["jobs"].values())
    assert [line for line in asked if " # " not in line] == []


@named([*ACTIONS, *READY, *OWN])
def test_every_foreign_action_is_pinned_to_a_commit(path):
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert [name for name in used if name != "./" and not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name)] == []


@named(ACTIONS)
def test_scripts_of_an_action_get_their_inputs_by_environment_alone(path):
    for step in yaml.safe_load(path.read_text())["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), step["name"]


@named(ACTIONS)
def test_inputs_are_kebab_case_and_everything_is_described(path):
    action = yaml.safe_load(path.read_text())
    assert action["branding"] == {"icon": action["branding"]["icon"], "color": "green"}
    for kind in ("inputs", "outputs"):
        for name, declared in action.get(kind, {}).items():
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name), name
            assert declared["description"].endswith("."), name


@named(READY)
def test_a_job_that_writes_runs_no_code_of_the_repository(path):
    """Except in the forms that say so: the simple job, and commands, whose solver is a process of its own."""
    if path.name in ("one-job.yml", "commands.yml"):
        pytest.skip("the roles are processes here, not jobs")
    for name, job in yaml.safe_load(path.read_text())["jobs"].items():
        if "write" in job["permissions"].values():
            assert not any("run" in step or "setup-python" in step.get("uses", "") for step in job["steps"]), name
