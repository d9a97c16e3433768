"""A machine as a runner is: a folder, a clean environment, an interpreter with pytest on the path."""

import os
import sys
from pathlib import Path

import pytest

from tests.actions.runner.job import Job

GREEN = {
    "requirements.txt": "",
    "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\n",
    "shelf.py": "def pages(items, size):\n    return [items[at : at + size] for at in range(0, len(items), size)]\n",
    "tests/test_shelf.py": (
        "from shelf import pages\n\n\n"
        "def test_the_last_page_may_be_short():\n    assert pages([1, 2, 3], 2) == [[1, 2], [3]]\n\n\n"
        "def test_full_pages():\n    assert pages([1, 2, 3, 4], 2) == [[1, 2], [3, 4]]\n"
    ),
}
RED = {"shelf.py": GREEN["shelf.py"].replace("len(items)", "len(items) - 1")}
"""The newest commit loses the last page of a list when it is short."""


def script(path, text):
    """An executable of that text."""
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def environ(tmp_path):
    """What a hosted runner gives every process; `dspy-ci` is installed already, so that no test waits for pip."""
    tools, home = tmp_path / "tools", tmp_path / "home"
    tools.mkdir()
    home.mkdir()
    for name in ("python", "python3"):
        script(tools / name, f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    script(tools / "pip", f'#!/bin/sh\nexec "{sys.executable}" -m pip --disable-pip-version-check "$@"\n')
    script(tools / "pytest", f'#!/bin/sh\nexec "{sys.executable}" -m pytest "$@"\n')
    return {
        "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "RUNNER_ENVIRONMENT": "self-hosted",
        "DSPY_CI_WORKERS": "1",
        "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }


@pytest.fixture
def store(tmp_path):
    return {"artifacts": str(tmp_path / "artifacts"), "caches": str(tmp_path / "caches"), "remote": {}}


@pytest.fixture
def installed():
    """Put the interpreter of the tests where the action would install its own."""

    def put(temp):
        for name in ("dspy-ci", "dspy-ci-github", "dspy-ci-llm", "dspy-ci-action"):
            (temp / name / "bin").mkdir(parents=True)
            script(temp / name / "bin" / "python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    return put


@pytest.fixture
def job(tmp_path, environ, store, installed):
    """A job on a push to `main` of `acme/shelf`, with an empty workspace."""
    github = {
        "repository": "acme/shelf",
        "sha": "0" * 40,
        "run_id": "12",
        "event_name": "push",
        "event": {},
        "ref": "refs/heads/main",
    }
    made = Job(tmp_path / "job", github, environ, store)
    installed(made.temp)
    return made


@pytest.fixture
def red(repository):
    """A repository whose newest commit made it red."""
    return repository(GREEN, RED, name="shelf")


@pytest.fixture
def green(repository):
    return repository(GREEN, name="shelf")


@pytest.fixture
def checked_out(job, store, git):
    """Check a repository out in the workspace of the job, as the newest commit."""

    def check(root):
        store["remote"]["acme/shelf"] = str(root)
        job.github["sha"] = git(root, "rev-parse", "HEAD").strip()
        job.run(
            [{"uses": f"actions/checkout@{'1' * 40}", "with": {"persist-credentials": "false", "fetch-depth": "0"}}]
        )
        assert job.status == "success"
        return job

    return check


@pytest.fixture
def root():
    return Path(__file__).parents[2]
