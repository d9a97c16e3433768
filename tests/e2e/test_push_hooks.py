"""The hook before a push, as git itself runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SHOP = {
    "shop/__init__.py": "",
    "shop/sums.py": (
        "def total(a, b):\n    return a + b\n\n\ndef mean(values):\n    return total(sum(values), 0) / len(values)\n"
    ),
    "shop/till.py": "from shop.sums import mean\n\n\ndef report(values):\n    return mean(values)\n",
    "conftest.py": "import pathlib\nimport sys\n\nsys.path.insert(0, str(pathlib.Path(__file__).parent))\n",
    "tests/test_till.py": (
        "from shop.till import report\n\n\ndef test_two():\n    assert report([1, 3]) == 2\n\n\n"
        "def test_half():\n    assert report([1, 2]) == 1.5\n"
    ),
    "tests/test_always_red.py": "from shop import till\n\n\ndef test_red():\n    assert not till\n",
}
BROKEN = {"shop/sums.py": SHOP["shop/sums.py"].replace("0)", "1)")}
HARMLESS = {"shop/sums.py": SHOP["shop/sums.py"].replace("a + b", "b + a")}


@pytest.fixture
def clone(repository, dspy_ci, git, tmp_path):
    """A repository with an origin that has its first commit, and with our hook before a push."""
    root = repository(SHOP)
    git(tmp_path, "init", "-q", "--bare", "origin.git")
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(root, "push", "-q", "-u", "origin", "main")
    assert dspy_ci("hook", "install", "--pre-push", cwd=root).returncode == 0
    return root


@pytest.fixture
def push(git, write):
    """Commit files and push them with the hook on; the process."""

    def run(root, files, *args, **env):
        write(root, files)
        git(root, "add", "-A")
        git(root, "commit", "-qnm", "more")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["git", "push", "-q", *(args or ("origin", "HEAD"))], cwd=root, capture_output=True, text=True, check=False,
            timeout=300, env={**os.environ, "PATH": path, "DSPY_CI_BUDGET": "30s", **env},
        )  # fmt: skip

    return run


def test_a_push_that_breaks_a_test_two_imports_away_is_stopped_with_a_proved_patch(clone, push, dspy_ci, git):
    done = push(clone, BROKEN)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "2 of the 3 tests that this push can reach turned red" in said
    assert "+    return total(sum(values), 0) / len(values)" in said
    assert "test_always_red" not in said
    ours = said.partition("error: failed to push")[0]
    assert len(ours.splitlines()) <= 20
    applied = dspy_ci("apply", cwd=clone)
    assert applied.returncode == 0, applied.stderr
    assert (clone / "shop/sums.py").read_text() == SHOP["shop/sums.py"]
    assert git(clone, "diff", "--cached") == ""
    again = dspy_ci("apply", cwd=clone)
    assert (again.returncode, "does not fit" in again.stderr) == (2, True)


def test_exactly_the_pushed_tree_is_judged(clone, push, write):
    write(clone, {"tests/test_untracked.py": "def test_x():\n    assert False\n"})
    (clone / ".git/info/exclude").write_text("test_untracked.py\n")
    done = push(clone, HARMLESS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_lies_in_the_working_tree_is_not_what_is_pushed(clone, push, git, write):
    push(clone, BROKEN, "--no-verify", "origin", "HEAD:refs/heads/side")
    git(clone, "branch", "-q", "broken")
    git(clone, "reset", "-q", "--hard", "HEAD~1")
    done = push(clone, {"note.md": "x\n"}, "origin", "broken:refs/heads/broken")
    assert done.returncode == 1
    write(clone, {**BROKEN, "tests/test_new.py": "assert False\n"})
    done = subprocess.run(["git", "push", "-q", "origin", "HEAD"], cwd=clone, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_was_red_before_does_not_stop_a_push(clone, push):
    assert push(clone, {"shop/till.py": SHOP["shop/till.py"] + "\n\nMORE = 1\n"}).returncode == 0


def test_what_no_test_can_see_runs_no_test(clone, push):
    done = push(clone, {"README.md": "read me\n"}, DSPY_CI_TEST_CMD="/nowhere/python -m pytest")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_new_test_that_is_red_stops_the_push_and_a_deleted_branch_never(clone, push, git):
    done = push(clone, {"tests/test_new.py": "from shop import sums\n\n\ndef test():\n    assert sums.nothing\n"})
    assert done.returncode == 1
    git(clone, "push", "-q", "--no-verify", "origin", "HEAD:refs/heads/side")
    done = subprocess.run(["git", "push", "-q", "origin", ":side"], cwd=clone, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_an_interpreter_that_has_pytest_it_says_so_and_passes(clone, push, monkeypatch):
    del monkeypatch
    done = push(clone, BROKEN, DSPY_CI_TEST_CMD="/nowhere/python -m pytest")
    assert done.returncode == 0
    assert "verify was left out: the test command names /nowhere/python" in done.stderr


def test_it_can_be_skipped(clone, push):
    assert push(clone, BROKEN, SKIP="dspy-ci-verify").returncode == 0


def test_a_patch_that_is_not_there_gets_a_sentence(repository, dspy_ci):
    root = repository(SHOP)
    for args in ((), ("abc",), ("../x",)):
        done = dspy_ci("apply", *args, cwd=root)
        assert done.returncode == 2
        assert "hint:" in done.stderr
