"""What many tests need: real repositories in temporary folders, and a clean environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

collect_ignore = ["patients", "golden"]

WHO = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]


def pytest_configure(config):
    """Plugins of our own suite take no part in the runs of pytest that the tests start; they cost seconds each."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """How the tests are shared out among workers."""
    from spreading import Spreading  # noqa: PLC0415 - needs a plugin that not every run has

    return Spreading(config, log)


@pytest.fixture
def git():
    """Run git in a folder and return what it printed."""

    def run(root, *args):
        return subprocess.run(["git", *WHO, *args], cwd=root, capture_output=True, text=True, check=True).stdout

    return run


@pytest.fixture
def write():
    """Write files, given as a dictionary, below a folder."""

    def run(root, files):
        for name, text in files.items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return run


@pytest.fixture(autouse=True)
def _quiet_world(monkeypatch, tmp_path_factory):
    """No test reads or writes the settings and caches of the person who runs it."""
    for name in (
        "VIRTUAL_ENV",
        "NO_COLOR",
        "FORCE_COLOR",
        "PYTEST_ADDOPTS",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "SKIP",
        "DSPY_CI_SKIP",
        "PRE_COMMIT",
        "PRE_COMMIT_FROM_REF",
        "PRE_COMMIT_TO_REF",
        "CI",
        "GITHUB_ACTIONS",
        "DSPY_CI_ALLOW_UNSANDBOXED",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")


@pytest.fixture
def repository(tmp_path, git, write):
    """Make a git repository with one commit per dictionary of files."""

    def make(*commits, name="project"):
        root = tmp_path / name
        root.mkdir()
        git(root, "init", "-q", "-b", "main")
        for number, files in enumerate(commits):
            write(root, files)
            git(root, "add", "-A")
            git(root, "commit", "-q", "--allow-empty", "-m", f"commit {number}")
        return root

    return make


@pytest.fixture(scope="session")
def api(tmp_path_factory):
    """GitHub's own description of its API; the test is skipped with the reason where it cannot be had."""
    import githubapi  # noqa: PLC0415 - few tests speak to GitHub

    return githubapi.fetched(tmp_path_factory.getbasetemp().parent / "dspy-ci-npm")


@pytest.fixture(scope="session")
def examples(tmp_path_factory):
    """The examples that GitHub gives of its webhooks: name and payload; skipped where they cannot be had."""
    import npmpack  # noqa: PLC0415 - few tests ask for it

    folder = tmp_path_factory.getbasetemp().parent / "dspy-ci-npm"
    path = npmpack.fetched("@octokit/webhooks-examples@7", folder, "api.github.com/index.json")
    return [(one["name"], example) for one in json.loads(path.read_text()) for example in one["examples"]]


@pytest.fixture(scope="session")
def described(request):
    """The same for tests that show more than that: None where it cannot be had."""
    try:
        return request.getfixturevalue("api")
    except pytest.skip.Exception:
        return None


@pytest.fixture
def dspy_ci():
    """Run the command line as a person would: in a process of its own."""

    def run(*args, cwd, timeout=240, stdin="", **env):
        argv = [sys.executable, "-m", "dspy_ci", *map(str, args)]
        options = {"input": stdin, "text": isinstance(stdin, str), "env": {**os.environ, **env}}
        return subprocess.run(argv, cwd=cwd, capture_output=True, timeout=timeout, check=False, **options)

    return run
