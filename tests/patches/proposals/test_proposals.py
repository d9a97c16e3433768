"""What is proposed and not proved: first the failures that nobody has anything to say to."""
# ruff: noqa: E501 -- before and after on one line each, to be read as a table

from __future__ import annotations

import pytest

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.patches.proposals.table import proposed
from dspy_ci.suspects.evidence import Evidence


def said(message, files, **more):
    failure = Failure(
        "pytest", more.pop("kind", "test"), message, test_id=more.pop("test_id", "tests/test_a.py::t"), **more
    )
    return proposed(Evidence(Snapshot.of(files), (failure,)))


@pytest.mark.parametrize(
    "message",
    [
        "assert 1 == 2",
        "No module named 'json.nothing'",
        "No module named 'ours'",
        "fixture 'qqq' not found",
        "'A' object has no attribute 'name'",
        "connection refused",
    ],
)
def test_nothing_to_say(message):
    assert said(message, {"ours.py": "", "tests/test_a.py": "def test_a(): ...\n"}) == ()


@pytest.mark.parametrize(
    ("path", "before", "added"),
    [
        ("requirements.txt", "six\n", "+PyYAML\n"),
        ("requirements.txt", "six", "+PyYAML\n"),
        ("pyproject.toml", '[project]\ndependencies = ["six"]\n', '+dependencies = ["six", "PyYAML"]\n'),
        ("pyproject.toml", '[project]\ndependencies = [\n    "six",\n]\n', '+    "PyYAML",\n'),
        ("pyproject.toml", "[project]\ndependencies = []\n", '+dependencies = ["PyYAML"]\n'),
    ],
)
def test_a_missing_package_is_declared_under_the_name_of_its_distribution(path, before, added):
    (found,) = said("No module named 'yaml'", {path: before})
    assert found.command == "python -m pip install PyYAML"
    assert added in found.diff


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"requirements.txt": "pyyaml>=6\n"}, "python -m pip install -r requirements.txt"),
        ({"pyproject.toml": 'dependencies = ["PyYAML"]\n'}, "python -m pip install -e ."),
        ({}, "python -m pip install PyYAML"),
    ],
)
def test_a_declared_package_is_only_installed(files, command):
    (found,) = said("No module named 'yaml.representer'", files)
    assert (found.command, found.diff) == (command, None)


def test_a_name_that_nobody_knows_is_to_be_looked_up():
    (found,) = said("No module named 'foo_bar'", {"requirements.txt": ""})
    assert "look it up first" in found.text


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ("The lockfile at `uv.lock` needs to be updated, but `--locked` was provided", "uv lock"),
        ("pyproject.toml changed significantly since poetry.lock was last generated", "poetry lock"),
        ("npm ci can only install packages when your package.json and package-lock.json are in sync", "npm install --package-lock-only"),
        ("updates to go.sum needed, but go.sum is out of date", "go mod tidy"),
    ],
)  # fmt: skip
def test_a_stale_lock_is_locked_again(message, command):
    if "significantly" in message:
        message = message.replace("changed significantly", "has significantly changed")
    (found,) = said(message, {}, kind="dependency")
    assert found.command == command


def test_the_command_of_the_log_wins():
    (found,) = said("lock is out of date", {}, kind="dependency", fixable_hint=Hint("command", "pdm lock --refresh"))
    assert found.command == "pdm lock --refresh"


FIXTURES = {
    "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef database():\n    return 1\n",
    "tests/test_a.py": "def test_a(databse):\n    assert databse\n",
}


def test_a_misspelt_fixture():
    (found,) = said("fixture 'databse' not found", FIXTURES)
    assert "+def test_a(database):\n+    assert database\n" in found.diff


def test_a_fixture_out_of_reach():
    files = {"lib/parts.py": FIXTURES["tests/conftest.py"], "tests/test_a.py": "def test_a(database): ...\n"}
    (found,) = said("fixture 'database' not found", files)
    assert "+from parts import database  # noqa: F401" in found.diff
    assert "tests/conftest.py" in found.diff


@pytest.mark.parametrize(
    ("message", "line", "after"),
    [
        ("'T' object has no attribute 'assertEquals'", "self.assertEquals(1, 1)", "+self.assertEqual(1, 1)"),
        ("'T' object has no attribute 'assertItemsEqual'", "self.assertItemsEqual([], [])", "+self.assertCountEqual([], [])"),
        ("'assert_called_onec' is not a valid assertion", "m.assert_called_onec()", "+m.assert_called_once()"),
        ("Mock object has no attribute 'assert_called_once_wth'", "m.assert_called_once_wth(1)", "+m.assert_called_once_with(1)"),
    ],
)  # fmt: skip
def test_assertions_that_are_no_more(message, line, after):
    (found,) = said(message, {"tests/test_a.py": f"{line}\n"})
    assert after in found.diff


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('run: echo "::set-output name=tag::v1"', '+run: echo "tag=v1" >> $GITHUB_OUTPUT'),
        ("run: echo ::save-state name=a::b", "+run: echo a=b >> $GITHUB_STATE"),
        ("uses: actions/upload-artifact@v2", "+uses: actions/upload-artifact@v4"),
    ],
)
def test_workflow_commands(before, after):
    message = "The `set-output` command is deprecated and will be disabled soon"
    (found,) = said(message, {".github/workflows/ci.yml": f"{before}\n", "src/ci.yml": f"{before}\n"})
    assert after in found.diff
    assert "src/ci.yml" not in found.diff


def test_two_test_files_of_one_name():
    files = {"tests/a/test_x.py": "", "tests/b/test_x.py": ""}
    (found,) = said(
        "import file mismatch:\nimported module 'test_x' has this __file__", files, test_id="tests/b/test_x.py"
    )
    assert "+++ b/tests/a/__init__.py" in found.diff
    assert "+++ b/tests/b/__init__.py" in found.diff
