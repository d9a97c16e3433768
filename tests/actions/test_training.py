"""Training at night, and the pull request that comes of it."""

import importlib.util
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.actions.conftest import GREEN, RED, script
from tests.actions.runner import workflow

ROOT = Path(__file__).parents[2]
LEARNT = json.dumps({"schema": "dspy-ci/program/1", "instructions": "Look at the last page."})


class Forge(BaseHTTPRequestHandler):
    """Pull requests, as a list; answers 403 as long as `closed`. Every request is held against GitHub's description."""

    def log_message(self, *_):
        """Silence."""

    def answer(self, status, record):
        body = json.dumps(record).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def check(self, method, body=None):
        path, _, query = self.path.partition("?")
        self.server.problems += self.server.api.problems(method, path, query, body) if self.server.api else []

    def do_GET(self):
        self.check("GET")
        self.answer(200, self.server.pulls)

    def do_POST(self):
        record = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.check("POST", record)
        self.server.asked.append((self.path, self.headers["Authorization"], record))
        if self.server.closed:
            return self.answer(403, {"message": "GitHub Actions is not permitted to create or approve pull requests."})
        self.server.pulls.append({"html_url": "http://forge/acme/shelf/pull/9", **record})
        return self.answer(201, self.server.pulls[-1])


@pytest.fixture
def forge(described):
    with HTTPServer(("127.0.0.1", 0), Forge) as server:
        server.pulls, server.asked, server.closed, server.api, server.problems = [], [], False, described, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        assert server.problems == []


@pytest.fixture
def night(tmp_path, green, git, environ, store, forge):
    """Run the workflow of the docs, with a training that promotes what it is told to."""
    shelf = tmp_path / "acme" / "shelf.git"
    git(tmp_path, "clone", "-q", "--bare", green, shelf)
    store["remote"]["acme/shelf"] = str(shelf)

    def run(number, promotes):
        trainer = tmp_path / f"trainer{number}"
        lines = "\n".join(f"mkdir -p $(dirname '{name}'); cp '{tmp_path}/{number}.json' '{name}'" for name in promotes)
        (tmp_path / f"{number}.json").write_text(LEARNT.replace("last", f"{number}. last"))
        told = f'{lines}\necho "promoted <b>it</b>"'
        script(
            trainer,
            f'#!/bin/sh\ncase "$*" in\n*"train --auto"*) {told};;\n*doctor*) ;;\n*) exit 2;;\nesac\n',
        )
        folder = tmp_path / f"night{number}"
        for job in ("train", "propose"):
            (folder / job / "temp" / "dspy-ci" / "bin").mkdir(parents=True)
            (folder / job / "temp" / "dspy-ci" / "bin" / "python").symlink_to(trainer)
        github = {
            "repository": "acme/shelf", "sha": git(shelf, "rev-parse", "main").strip(), "run_id": "12",
            "ref": "refs/heads/main",
            "ref_name": "main", "event_name": "schedule", "event": {}, "server_url": tmp_path.as_uri(),
            "api_url": f"http://127.0.0.1:{forge.server_port}",
        }  # fmt: skip
        return workflow.run(
            ROOT / "docs/workflows/training.yml", folder=folder, github=github, environ=environ,
            store={**store, "artifacts": str(folder / "artifacts")},
        )  # fmt: skip

    return run, shelf


@pytest.mark.slow
def test_what_was_promoted_becomes_one_pull_request_and_stays_one(night, forge, git):
    run, shelf = night
    first = run(1, [".dspy-ci/programs/plan.json", ".dspy-ci/ranking.json"])
    assert first.results == {"train": "success", "propose": "success"}, first.jobs["propose"].log
    assert first.outputs["train"] == {"promoted": "2"}
    path, token, record = forge.asked[0]
    assert (path, record["head"], record["base"]) == ("/repos/acme/shelf/pulls", "dspy-ci/training", "main")
    assert first.tokens[token.removeprefix("Bearer ")] == {"contents": "write", "pull-requests": "write"}
    assert (
        json.loads(git(shelf, "show", "dspy-ci/training:.dspy-ci/programs/plan.json"))["schema"] == "dspy-ci/program/1"
    )
    assert git(shelf, "show", "--name-only", "--format=%an", "dspy-ci/training").split() == [
        "dspy-ci", ".dspy-ci/programs/plan.json", ".dspy-ci/ranking.json",
    ]  # fmt: skip
    assert "    promoted <b>it</b>" in first.jobs["train"].summary
    second = run(2, [".dspy-ci/programs/plan.json"])
    assert second.results == {"train": "success", "propose": "success"}
    assert len(forge.pulls) == 1
    assert "2. last" in git(shelf, "show", "dspy-ci/training:.dspy-ci/programs/plan.json")


@pytest.mark.slow
def test_a_real_training_on_a_small_history_tells_its_figures_and_promotes_nothing_unproved(
    job, repository, checked_out
):
    job = checked_out(repository(GREEN, RED, {"shelf.py": GREEN["shelf.py"]}, name="history"))
    step = {"id": "train", "uses": f"dspy-ci/dspy-ci/actions/train@{'0' * 40}", "with": {"budget": "5s"}}
    outputs = job.run([step])["train"]["outputs"]
    assert job.status == "success", job.log
    assert re.search(r"^     *\d+ train, \d+ validation, \d+ heldout", job.summary, re.MULTILINE), job.summary
    cases = int(re.search(r"^    (\d+) cases?:", job.summary, re.MULTILINE)[1])
    assert bool(cases) == ("Learnt" in job.summary), job.summary  # a slow machine finds none in that time
    assert outputs["promoted"] == "0"
    assert job.outcomes["Hand the promoted files on"] == "skipped"


@pytest.mark.slow
def test_a_night_without_progress_opens_nothing(night, forge):
    run, _ = night
    ran = run(1, [])
    assert ran.results == {"train": "success", "propose": "skipped"}
    assert forge.asked == []


@pytest.mark.slow
def test_a_refusal_of_the_forge_is_told_with_its_cure(night, forge):
    forge.closed = True
    run, _ = night
    ran = run(1, [".dspy-ci/ranking.json"])
    assert ran.results["propose"] == "failure"
    (note,) = ran.jobs["propose"].annotations
    assert "403" in note["text"]
    assert "allow Actions to open pull requests" in note["text"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.sh", "#!/bin/sh\n"),
        ("conftest.py", "x = 1\n"),
        ("programs/plan.pkl", "\x80"),
        ("programs/Plan.json", LEARNT),
        ("a/b/c/d/e.json", LEARNT),
        ("-rf.json", LEARNT),
        ("plan.json\nx", LEARNT),
        ("plan.json", "not json"),
        ("plan.json", "[]"),
        ("plan.json", '{"schema": "other/1"}'),
        ("plan.json", json.dumps({"schema": "dspy-ci/program/1", "x": "y" * 2_000_001})),
    ],
)
def test_an_artifact_that_holds_anything_else_is_not_proposed(job, green, checked_out, git, name, text):
    job = checked_out(green)
    handed = Path(job.store["artifacts"], "dspy-ci-promoted", name)
    handed.parent.mkdir(parents=True)
    handed.write_text(text)
    job.run([{"uses": f"dspy-ci/dspy-ci/actions/train@{'0' * 40}", "with": {"mode": "propose", "github-token": "t"}}])
    assert job.status == "failure"
    assert len(job.annotations) == 1
    assert git(job.workspace, "branch", "--list", "dspy-ci/*") == ""


def test_a_branch_is_named_to_the_forge_as_data(monkeypatch, green, tmp_path):
    spec = importlib.util.spec_from_file_location("propose", ROOT / "actions/steps/propose.py")
    propose = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(propose)
    asked = []
    monkeypatch.chdir(green)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/shelf")
    monkeypatch.setenv("GITHUB_REF_NAME", "main&state=all#x")
    monkeypatch.setattr(propose, "push", lambda url: None)
    monkeypatch.setattr(propose, "asked", lambda method, path: asked.append(path) or [{"html_url": "there"}])
    assert propose.proposed({"ranking.json": LEARNT}) == "there"
    assert asked == ["/repos/acme/shelf/pulls?state=open&head=acme%3Adspy-ci%2Ftraining&base=main%26state%3Dall%23x"]


def test_a_link_in_the_repository_does_not_lead_the_files_elsewhere(job, repository, checked_out, tmp_path, git):
    root = repository({"a": "1"}, name="linked")
    (root / ".dspy-ci").symlink_to(tmp_path)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "a link")
    job = checked_out(root)
    handed = Path(job.store["artifacts"], "dspy-ci-promoted", "ranking.json")
    handed.parent.mkdir(parents=True)
    handed.write_text(LEARNT)
    job.run([{"uses": f"dspy-ci/dspy-ci/actions/train@{'0' * 40}", "with": {"mode": "propose", "github-token": "t"}}])
    assert job.status == "failure"
    assert not (tmp_path / "ranking.json").exists()
