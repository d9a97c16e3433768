"""In CI nothing that came from a model, a log or a pull request runs where nothing isolates it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from dspy_ci.adapters.crash import cache_home
from dspy_ci.adapters.sandbox import preflight

pytestmark = pytest.mark.slow

FILES = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
}
MEND = "--- a/calc.py\n+++ b/calc.py\n@@ @@\n def add(a, b):\n-    return a - b\n+    return a + b\n"
PYTEST = f"{sys.executable} -m pytest -q"
VERBS = {
    "fix": ("fix", "--test-cmd", PYTEST, "--budget", "20s", "--quiet"),
    "score": ("score", "--test-cmd", PYTEST, "--patch", "-"),
    "hook": ("hook", "verify", "origin", "url"),
}


@pytest.fixture
def nothing_holds(monkeypatch):
    """A machine on which neither namespaces nor Landlock can be had, as the preflight remembers it."""
    path = cache_home() / "sandbox.json"
    rows = [
        {"tier": tier, "works": tier == "E", "leaks": [], "problem": None if tier == "E" else "refused by the kernel"}
        for tier in ("A", "B", "E")
    ]
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"trials_of": preflight._boot(), "trials": rows}))
    monkeypatch.setenv("DSPY_CI_TEST_CMD", PYTEST)
    yield
    path.unlink() if before is None else path.write_bytes(before)


@pytest.fixture
def root(repository, git):
    found = repository({**FILES, "calc.py": FILES["calc.py"].replace("-", "+")}, FILES)
    git(found, "branch", "base", "HEAD~")
    return found


def ran(dspy_ci, root, verb, *more, **env):
    head, base = (Path(root, ".git/refs/heads", name).read_text().strip() for name in ("main", "base"))
    stdin = MEND if verb == "score" else f"refs/heads/main {head} refs/heads/main {base}\n"
    return dspy_ci(*VERBS[verb], *more, cwd=root, stdin=stdin, **env)


@pytest.mark.parametrize("verb", VERBS)
def test_it_is_refused_in_ci_with_a_sentence_and_a_way_out(verb, nothing_holds, root, dspy_ci):
    done = ran(dspy_ci, root, verb, CI="true")
    assert done.returncode == 4, done
    assert "only run in a sandbox that isolates" in done.stderr
    assert "landlock" in done.stderr
    assert "--allow-unsandboxed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("verb", "code"), [("fix", 0), ("hook", 1)])
def test_waiving_it_says_what_is_given_up(verb, code, nothing_holds, root, dspy_ci):
    done = ran(dspy_ci, root, verb, "--allow-unsandboxed", CI="true")
    assert done.returncode == code, done
    assert "with all of your powers" in done.stderr


def test_on_a_laptop_it_runs_and_is_said(nothing_holds, root, dspy_ci):
    done = dspy_ci("fix", "--test-cmd", PYTEST, "--budget", "20s", cwd=root)
    assert done.returncode == 0, done
    assert "nothing isolates here" in done.stderr


def test_a_file_that_a_patch_could_edit_cannot_waive_it(nothing_holds, root, dspy_ci, write):
    write(root, {"pyproject.toml": "[tool.dspy-ci]\nallow-unsandboxed = true\n"})
    done = ran(dspy_ci, root, "score", CI="true")
    assert (done.returncode, "could edit" in done.stderr) == (2, True)
    write(root, {"pyproject.toml": '[tool.dspy-ci]\nsandbox = "E"\n'})
    assert ran(dspy_ci, root, "score", CI="true").returncode == 4


def test_the_environment_of_the_workflow_can_waive_it(nothing_holds, root, dspy_ci):
    done = ran(dspy_ci, root, "score", CI="true", DSPY_CI_ALLOW_UNSANDBOXED="1")
    assert done.returncode == 0, done
    assert "powers" in done.stderr
    assert os.environ.get("DSPY_CI_ALLOW_UNSANDBOXED") is None
