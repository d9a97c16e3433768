"""A whole `/dspy fix`: a real repository, real processes, a real sandbox; only the forge is a twin."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from dspy_ci.adapters.checkouts import Checkouts
from dspy_ci.adapters.workbenches import LocalWorkshop
from dspy_ci.commands.answering import answer
from dspy_ci.commands.responding import House, desk
from dspy_ci.errors import MissingError, UsageError
from dspy_ci.ports.drafts import Drafts, State
from dspy_ci.ports.forge import ChangedFile, Commit, Job, PullRequest, Run, User
from dspy_ci.ports.workshop import JobLog, Spot
from dspy_ci.requests.said import Said

GOOD = {
    "shop.py": "def total(prices):\n    return sum(prices)\n",
    "test_shop.py": "from shop import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q'\n",
}
BAD = {"shop.py": "def total(prices):\n    return sum(price)\n"}
PATCH = "@@ -1,2 +1,2 @@\n def total(prices):\n-    return sum(prices)\n+    return sum(price)"


def log_of(root):
    """What a job on GitHub would have written."""
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    lines = [
        "##[group]Run pytest",
        "##[endgroup]",
        *done.stdout.splitlines(),
        "##[error]Process completed with exit code 1.",
    ]
    return "".join(f"2026-01-02T03:04:05.0000000Z {line}\n" for line in lines).encode()


@pytest.fixture
def hosted(repository, git, tmp_path):
    """A bare repository with a pull request that breaks it; its address, and head and base."""
    root = repository(GOOD, BAD)
    head, base = (git(root, "rev-parse", name).strip() for name in ("HEAD", "HEAD~1"))
    bare = tmp_path / "hub" / "o" / "r.git"
    bare.parent.mkdir(parents=True)
    git(tmp_path, "clone", "-q", "--bare", str(root), str(bare))
    git(bare, "update-ref", "refs/pull/7/head", head)
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    return f"file://{tmp_path / 'hub'}", head, base


@pytest.fixture
def forge(hosted, tmp_path):
    """The forge that has the pull request, and one red job."""
    _, head, base = hosted
    pull = PullRequest(7, "title", User("ann"), head, "topic", "o/r", base, "main", "o/r")
    state = State(
        pulls={7: pull}, files={7: (ChangedFile("shop.py", "modified", PATCH),)}, permissions={"ann": "write"},
        commits={head: Commit(head, "", "ann")}, branches={"topic": head},
        runs={70: Run(70, "ci", "pull_request", head, "topic", "o/r", "completed", "failure")},
        jobs={70: (Job(5, "test", "completed", "failure"),)}, logs={5: log_of(tmp_path / "project")},
        contents={
            ("shop.py", head): BAD["shop.py"].encode(),
            ("pyproject.toml", base): GOOD["pyproject.toml"].encode(),
        },
    )  # fmt: skip
    return Drafts(state, me="our-app[bot]")


@pytest.mark.slow
def test_a_fix_is_proved_posted_and_applied_and_no_process_saw_a_token(hosted, forge, monkeypatch):
    server, head, _ = hosted
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_" + "a1" * 20)
    monkeypatch.setenv("DSPY_CI_WEBHOOK_SECRET", "a secret")
    said = Said("o/r", 7, 100, User("ann"), "MEMBER", "/dspy fix")
    at = desk(said, forge, House(server=server, budget="60s"), "", forge)
    first = answer(said, at)
    assert first.word == "done", first.text
    assert "red before and green after" in first.text
    assert any(one.verb == "create_review" for one in forge.posted)
    second = answer(replace(said, comment=101, body="/dspy apply"), at)
    assert second.word == "done", second.text
    (push,) = [one.values for one in forge.posted if one.verb == "push"]
    assert push["files"] == {"shop.py": GOOD["shop.py"]}
    assert push["parent"] == head


@pytest.mark.slow
def test_a_retry_runs_what_failed_with_the_change_and_without_it_first(hosted, forge, monkeypatch):
    """By the words of its log this one is chance: it speaks of a time limit."""
    server, head, _ = hosted
    forge.state.logs[5] = forge.state.logs[5].replace(b"name 'price' is not defined", b"Timeout")
    forge.state.files[7] = ()
    said = Said("o/r", 7, 100, User("ann"), "MEMBER", f"/dspy retry {head}")
    told = answer(said, desk(said, forge, House(server=server, budget="5m"), "", forge))
    assert told.word == "refused", told.text
    assert "run here, it fails" in told.text, told.text
    assert not [one for one in forge.posted if one.verb == "rerun_failed"]


@pytest.mark.slow
def test_explain_and_score_tell_what_is_red(hosted, forge):
    server, *_ = hosted
    said = Said("o/r", 7, 100, User("ann"), "MEMBER", "/dspy explain")
    at = desk(said, forge, House(server=server), "", None)
    told = answer(said, at).text
    assert "`shop.py:2`" in told
    assert "NameError" in told
    scored = answer(replace(said, comment=101, body="/dspy score"), at)
    assert scored.word == "done", scored.text
    assert "| tests | 0.0000 |" in scored.text


def test_a_bench_sees_nothing_of_our_secrets_and_nothing_of_the_folder_it_works_in(tmp_path, write, monkeypatch):
    for name in ("GITHUB_TOKEN", "DSPY_CI_WEBHOOK_SECRET", "DSPY_CI_APP_KEY", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH"):
        monkeypatch.setenv(name, "a secret")
    trap = "raise SystemExit('the repository was imported')\n"
    write(tmp_path, {"json.py": trap, "click.py": trap, "dspy_ci/__init__.py": trap, "sitecustomize.py": trap})
    workshop = LocalWorkshop(lambda _: None)
    made = workshop._made("dspy_ci.__main__", ["--version"], tmp_path)
    assert made.text.startswith("dspy-ci "), made
    shower = "import os, sys; print(sorted(os.environ.items()), sys.path)"
    monkeypatch.setattr("dspy_ci.adapters.workbenches._START", shower)
    made = workshop._made("x", [], tmp_path)
    assert "PATH" in made.text
    assert "a secret" not in made.text
    assert str(tmp_path) not in made.text


def test_a_bench_that_does_not_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("dspy_ci.adapters.workbenches._START", "import time; time.sleep(60)")
    made = LocalWorkshop(lambda _: None, seconds=0.5)._made("x", [], tmp_path)
    assert "longer than" in made.problem


def test_a_log_that_is_none_is_a_problem_in_words():
    target = json.dumps({"repository": "o/r", "head_sha": "a" * 40})
    made = LocalWorkshop(lambda _: None).facts(target, [JobLog(5, "test", "", b"\1\2\3\4\5\6" * 2000)])
    (job,) = json.loads(made.text)["jobs"]
    assert "no text" in job["problem"]


def test_a_checkout_holds_the_commit_and_no_token(hosted, git):
    server, head, base = hosted
    with Checkouts(f"{server}/o/r.git", 7, "ghs_" + "a1" * 20).at(Spot(head, base)) as folder:
        assert git(folder, "rev-parse", "HEAD").strip() == head
        assert git(folder, "rev-parse", "refs/dspy-ci/base").strip() == base
        held = b"".join(path.read_bytes() for path in (folder / ".git").rglob("*") if path.is_file())
        assert b"ghs_" not in held
    assert not folder.exists()


def test_a_branch_that_has_moved_on_is_not_checked_out(hosted):
    server, _, base = hosted
    with pytest.raises(UsageError, match="moved on"), Checkouts(f"{server}/o/r.git", 7).at(Spot("c" * 40, base)):
        pass


def test_a_repository_that_is_not_there_is_a_sentence(tmp_path):
    with (
        pytest.raises(MissingError, match="git fetch failed"),
        Checkouts(f"file://{tmp_path}/x.git", 7).at(Spot("c" * 40)),
    ):
        pass


def test_hooks_and_filters_of_the_repository_do_not_run(hosted, git, tmp_path, monkeypatch):
    server, head, base = hosted
    template = tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    hook = template / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template.parent))
    with Checkouts(f"{server}/o/r.git", 7).at(Spot(head, base)):
        pass
    assert not (tmp_path / "ran").exists()
    assert "GIT_TEMPLATE_DIR" in os.environ


def test_a_working_tree_that_is_there_already_is_used(hosted, git, tmp_path):
    server, head, base = hosted
    here = tmp_path / "here"
    git(tmp_path, "clone", "-q", f"{server}/o/r.git", str(here))
    checkouts = Checkouts(f"{server}/o/r.git", 7, here=here)
    with checkouts.at(Spot(head, base)) as folder:
        assert folder == here
    (here / "shop.py").write_text("changed\n")
    with checkouts.at(Spot(head, base)) as folder:
        assert folder != here
