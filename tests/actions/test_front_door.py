"""The ready-made workflows, executed job by job and step by step against a server that plays GitHub."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.actions.conftest import GREEN, RED
from tests.actions.runner import workflow
from tests.actions.runner.forge import Forge, serving

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "workflows"
pytestmark = pytest.mark.slow


@pytest.fixture
def forge(repository, git):
    """`acme/shelf` with a pull request that loses the last page."""
    root = repository(GREEN, name="upstream")
    base = git(root, "rev-parse", "HEAD").strip()
    git(root, "checkout", "-q", "-b", "topic")
    (root / "shelf.py").write_text(RED["shelf.py"])
    git(root, "commit", "-q", "-am", "shorter")
    head = git(root, "rev-parse", "HEAD").strip()
    git(root, "checkout", "-q", "main")
    repo = {"full_name": "acme/shelf"}
    pull = {
        "number": 7, "title": "Shorter", "user": {"login": "ada", "type": "User"}, "state": "open", "draft": False,
        "head": {"sha": head, "ref": "topic", "repo": repo}, "base": {"sha": base, "ref": "main", "repo": repo},
    }  # fmt: skip
    with serving(Forge(str(root), pull)) as made:
        yield made


@pytest.fixture
def run(forge, environ, store, tmp_path, git, installed):
    """Run a workflow of the docs on the pull request; every job finds dspy-ci installed already."""

    def go(name, *, read_only=False, event=None, text=None, tag="run", env=None, **github):
        path = DOCS / name
        if text:
            path = tmp_path / name
            path.write_text(text((DOCS / name).read_text()))
        if event is None:
            event, github = {"pull_request": forge.pull}, {"event_name": "pull_request", "base_ref": "main", **github}
        told = {
            "repository": "acme/shelf", "sha": forge.pull["head"]["sha"], "run_id": "12", "run_attempt": "1",
            "ref": "refs/pull/7/merge", "ref_name": "7/merge", "event": event, "api_url": forge.url,
            "server_url": forge.url, **github,
        }  # fmt: skip
        store["remote"].setdefault("acme/shelf", forge.root)
        places = {"artifacts": str(tmp_path / tag / "artifacts"), "caches": store["caches"], "remote": store["remote"]}
        for job in yaml.safe_load(path.read_text())["jobs"]:
            installed(tmp_path / tag / job / "temp")
        return workflow.run(
            path, folder=tmp_path / tag, github=told, environ={**environ, **(env or {})}, store=places,
            read_only=read_only, on_token=forge.tokens.__setitem__, on_end=lambda *ended: log(forge, *ended),
        )  # fmt: skip

    return go


def log(forge, name, job):
    """The log of a job that failed is what GitHub serves."""
    if job.status == "failure":
        forge.logs[len(forge.logs) + 1] = "".join(
            f"2026-01-02T03:04:05.{at:07d}Z {line}\n" for at, line in enumerate(job.log.splitlines())
        ).encode()


def quicker(text):
    return text.replace("budget: 5m", "budget: 25s")


def bundle(ran, name="dspy-ci-bundle"):
    (job,) = {path.store["artifacts"] for path in ran.jobs.values()}
    return json.loads(Path(job, name, "bundle.json").read_text())


def apply(forge, patch, tmp_path):
    """What `git apply` makes of the head of the pull request."""
    subprocess.run(["git", "clone", "-q", forge.root, tmp_path / "clone"], check=True)
    subprocess.run(["git", "checkout", "-q", forge.pull["head"]["sha"]], cwd=tmp_path / "clone", check=True)
    subprocess.run(["git", "apply", patch], cwd=tmp_path / "clone", check=True)
    return (tmp_path / "clone" / "shelf.py").read_text()


@pytest.mark.parametrize("name", ["one-job.yml", "three-jobs.yml"])
def test_a_red_pull_request_gets_a_proved_suggestion_and_a_second_run_says_nothing_new(name, run, forge, tmp_path):
    ran = run(name, text=quicker)
    last = ran.jobs["mend" if name == "one-job.yml" else "publish"]
    assert set(ran.results.values()) == {"failure", "success"}, {n: job.log for n, job in ran.jobs.items()}
    assert ran.results["test"] == "failure"
    assert forge.remarks, (last.log, forge.comments, forge.asked)
    (remark,) = forge.remarks
    assert (remark["path"], remark["line"]) == ("shelf.py", 2)
    assert (
        "```suggestion\n    return [items[at : at + size] for at in range(0, len(items), size)]\n```" in remark["body"]
    )
    (comment,) = forge.comments
    assert "Mended" in comment["body"]
    assert "Mended" in last.summary
    assert bundle(ran)["status"] == "fixed"
    outputs = last.last["outputs"]
    assert (outputs["status"], outputs["failures"], outputs["patches"]) == ("fixed", "1", "1")
    assert outputs["comment-url"] == comment["html_url"]
    assert apply(forge, outputs["patch-path"], tmp_path) == GREEN["shelf.py"]
    assert forge.refused == []
    run(name, text=quicker, tag="again")
    assert (len(forge.remarks), len(forge.comments), len(forge.reviews)) == (1, 1, 1)
    assert forge.refused == []
