"""`triage` and `culprit` as people run them: real commits, real pytest, real copies."""

import json
import sys

import pytest

pytestmark = pytest.mark.slow
JSON = ("--format", "json")

FUNCTIONS = "".join(
    f"def f{number}(x):\n    return x + {number}\n\n\n# {number}\n#\n#\n#\n#\n\n\n" for number in range(9)
)
TESTS = "import mod\n\n\n" + "".join(f"def test_{n}():\n    assert mod.f{n}(1) == {n} + 1\n\n\n" for n in range(9))


@pytest.fixture
def pull_request(repository, write, git):
    """A branch that rewrites every function and breaks one of them, by way of a helper that it adds."""
    root = repository({"mod.py": FUNCTIONS, "test_mod.py": TESTS, ".gitignore": "ignored\n"})
    git(root, "checkout", "-q", "-b", "feature")
    text = FUNCTIONS
    for number in range(9):
        text = text.replace(f"    return x + {number}\n", f"    return {number} + x\n")
    text = text.replace("    return 4 + x\n", "    return 4 + changed(x)\n")
    write(root, {"mod.py": f"{text}def changed(x):\n    return x * 3\n", "new.md": "words\n"})
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "all of it")
    return root


def told(done):
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


def test_the_culprit_is_the_call_and_the_helper_that_it_needs(pull_request, dspy_ci, git):
    before = git(pull_request, "status", "--porcelain")
    found = told(dspy_ci("culprit", *JSON, cwd=pull_request))
    assert found["schema"] == "dspy-ci/culprit/1"
    assert (found["status"], found["hunks_total"], found["green_without"]) == ("found", 11, True)
    assert [hunk["new_start"] for hunk in found["hunks"]] == [46, 100]
    assert found["sets"][0]["tests"] == ["test_mod.py::test_4"]
    assert git(pull_request, "status", "--porcelain") == before
    again = told(dspy_ci("culprit", *JSON, cwd=pull_request))
    assert again["hunks"] == found["hunks"]
    assert again["runs"] < found["runs"]


def test_uncommitted_and_untracked_files_belong_to_the_change(repository, write, dspy_ci):
    root = repository({"a.py": "def f():\n    return 1\n", "test_a.py": "import a\ndef test(): assert a.f() == 1\n"})
    write(root, {"a.py": "import b\n\n\ndef f():\n    return b.value\n", "b.py": "value = 2\n", "notes.txt": "x\n"})
    found = told(dspy_ci("culprit", *JSON, cwd=root))
    assert sorted(hunk["file"] for hunk in found["hunks"]) == ["a.py", "b.py"]


def test_any_command_of_any_language_will_do(repository, write, git, dspy_ci):
    lines = [f"key{number}=1\n" for number in range(40)]
    check = "#!/bin/sh\n! grep -q 'key20=bad' conf\n"
    root = repository({"conf": "".join(lines), "check.sh": check})
    changed = [line.replace("1\n", "2\n") if not number % 10 else line for number, line in enumerate(lines)]
    changed[20] = "key20=bad\n"
    write(root, {"conf": "".join(changed)})
    found = told(dspy_ci("culprit", *JSON, "--test-cmd", "sh check.sh", cwd=root))
    assert [(hunk["file"], hunk["old_start"]) for hunk in found["hunks"]] == [("conf", 21)]


def test_each_failure_is_told_apart(repository, write, git, dspy_ci):
    tests = (
        "import random, socket\nimport mod\n"
        "def test_change(): assert mod.f() == 1\n"
        "def test_old(): assert mod.f() == 'never'\n"
        "def test_flaky(): assert random.random() > 0.5\n"
        "def test_module(): import no_such_module_anywhere\n"
        "def test_fine(): pass\n"
    )
    root = repository({"mod.py": "def f():\n    return 1\n", "test_mod.py": tests})
    git(root, "checkout", "-q", "-b", "feature")
    write(root, {"mod.py": "def f():\n    return 2\n"})
    git(root, "commit", "-q", "-a", "-m", "two")
    found = told(dspy_ci("triage", *JSON, "--runs", "12", "--test-cmd", f"{sys.executable} -m pytest", cwd=root))
    assert found["schema"] == "dspy-ci/triage/1"
    causes = {one["test_id"].partition("::")[2]: one["cause"] for one in found["failures"]}
    assert causes.pop("test_flaky", "flaky") == "flaky"
    assert causes == {"test_change": "change", "test_old": "pre-existing", "test_module": "environment"}


def test_a_log_narrows_the_triage(repository, dspy_ci, write):
    root = repository({"test_a.py": "def test_one(): assert 0\ndef test_two(): assert 0\n"})
    write(root, {"README": "changed\n"})
    log = root.parent / "log"
    log.write_text(
        f"{' short test summary info ':=^80}\nFAILED test_a.py::test_two - assert 0\n{' 1 failed in 0.1s ':=^80}\n"
    )
    found = told(dspy_ci("triage", *JSON, "--runs", "3", "--log", log, cwd=root))
    assert [(one["test_id"], one["cause"]) for one in found["failures"]] == [("test_a.py::test_two", "pre-existing")]


@pytest.mark.parametrize("verb", ["triage", "culprit"])
def test_a_green_head_exits_with_zero(verb, repository, dspy_ci, write):
    root = repository({"a.py": "x = 1\n", "test_a.py": "def test(): pass\n"})
    write(root, {"a.py": "x = 2\n"})
    done = dspy_ci(verb, cwd=root)
    assert done.returncode == 0, done.stderr
    assert "Nothing is red" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["culprit", "--base", "nowhere"], "there is no commit 'nowhere'"),
        (["culprit"], "there is only one commit"),
        (["triage", "--base=--output=x"], "there is no commit"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(words, said, repository, dspy_ci):
    done = dspy_ci(*words, cwd=repository({"a.py": "x = 1\n"}))
    assert done.returncode == 2
    assert said in done.stderr
