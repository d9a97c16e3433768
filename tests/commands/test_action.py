"""The three roles as a runner starts them: real processes, a real repository, GitHub on the loopback."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakegithub import FakeGitHub

from dspy_ci.adapters import programfiles
from dspy_ci.commands import roles
from dspy_ci.commands.cleanroom import for_publisher, for_reader, for_solver, refuse_powers
from dspy_ci.commands.solver import Shelf, Solver
from dspy_ci.errors import UsageError
from dspy_ci.reports.bundle import bundle_of
from dspy_ci.reports.facts import Facts, Target, facts_text

GOOD = """\
def total(items):
    result = 0
    for item in items:
        result += item
    return result


def mean(items):
    return total(items) / len(items)
"""
BAD = GOOD.replace("result = 0", "result = 1")
TESTS = """\
from app import mean, total


def test_total():
    assert total([1, 2]) == 3


def test_mean():
    assert mean([2, 4]) == 3


def test_nothing():
    assert total([]) == 0
"""
SPY = """\
import glob
import os


def test_no_token_is_anywhere():
    seen = [name for name, value in os.environ.items() if "0123456789abcdefghijklm" in value]
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            if b"0123456789abcdefghijklm" in open(path, "rb").read():
                seen.append(path)
        except OSError:
            pass
    assert not seen, "LEAKED"
    assert False, "NO LEAK " + repr(seen)
"""


@pytest.fixture
def hub(api):
    with FakeGitHub(api) as hub:
        yield hub
        assert hub.problems == []


class Job:
    """A job of GitHub Actions, as far as an action sees it."""

    def __init__(self, root, hub, git, write, *, extra=None):
        self.root, self.hub, self.git, self.write = root / "repo", hub, git, write
        self.temp = root / "temp"
        self.root.mkdir()
        self.temp.mkdir()
        git(self.root, "init", "-q", "-b", "main")
        settings = "[tool.pytest.ini_options]\n"
        write(self.root, {"app.py": GOOD, "test_app.py": TESTS, "pyproject.toml": settings, **(extra or {})})
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "good")
        self.base = git(self.root, "rev-parse", "HEAD").strip()
        git(self.root, "checkout", "-qb", "topic")

    def change(self, files):
        self.write(self.root, files)
        self.git(self.root, "add", "-A")
        self.git(self.root, "commit", "-qm", "$(id) `id` ${{ x }}")
        self.head = self.git(self.root, "rev-parse", "HEAD").strip()
        repo = {"full_name": "o/r"}
        pull = {
            "number": 7, "title": "$(id)", "user": {"login": "eve", "type": "User"}, "state": "open", "draft": False,
            "head": {"sha": self.head, "ref": "topic", "repo": repo}, "html_url": "", "body": "",
            "base": {"sha": self.base, "ref": "main", "repo": repo},
        }  # fmt: skip
        self.hub.state.pull = pull
        diff = self.git(self.root, "diff", self.base, self.head, "--", "app.py")
        patch = diff[diff.index("@@") :].rstrip("\n")
        self.hub.state.files = [{"filename": "app.py", "status": "modified", "patch": patch}]
        (self.temp / "event.json").write_text(json.dumps({"action": "synchronize", "pull_request": pull}))

    def failed(self):
        """Let a job of the run have failed, with its log."""
        pytest_ = [sys.executable, "-m", "pytest", "-q"]
        run = subprocess.run(pytest_, cwd=self.root, capture_output=True, text=True, check=False)
        end = "##[error]Process completed with exit code 1."
        lines = ["##[group]Run pytest -q", "##[endgroup]", *run.stdout.splitlines(), end]
        log = "\ufeff" + "".join(f"2026-01-01T00:00:00.{n:07d}Z {line}\n" for n, line in enumerate(lines))
        self.hub.state.jobs = [
            {"id": 1, "name": "test", "status": "completed", "conclusion": "failure", "steps": []},
            {"id": 2, "name": "fix", "status": "in_progress", "conclusion": None, "steps": []},
        ]
        self.hub.state.logs = {1: log.encode()}

    @property
    def environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME", "GIT_CONFIG_GLOBAL")}
        return {
            **kept, "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "42",
            "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
            "GITHUB_SHA": self.head, "GITHUB_API_URL": self.hub.url, "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(self.temp / "output"), "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_BASE_REF": "main", "DSPY_CI_GITHUB_TOKEN": self.hub.token,
            "DSPY_CI_TEST_CMD": f"{sys.executable} -m pytest -q", "DSPY_CI_MODEL": "",
        }  # fmt: skip

    def run(self, *words, **environment):
        return subprocess.run(
            [sys.executable, "-m", "dspy_ci", "action", *words], cwd=self.root, text=True, capture_output=True,
            timeout=300, check=False, env={**self.environment, **environment},
        )  # fmt: skip

    @property
    def outputs(self):
        text = (self.temp / "output").read_text()
        return {name: value for name, _, value in re.findall(r"^([\w-]+)<<(end-\w+)\n(.*)\n\2$", text, re.MULTILINE)}

    @property
    def summary(self):
        return (self.temp / "summary").read_text()


@pytest.fixture
def job(tmp_path, hub, git, write):
    return Job(tmp_path, hub, git, write)


@pytest.mark.slow
def test_a_red_pull_request_gets_a_proved_suggestion(job):
    job.change({"app.py": BAD})
    job.failed()
    done = job.run("--budget", "40s")
    assert done.returncode == 0, done.stderr
    outputs = job.outputs
    assert outputs["status"] == "fixed"
    assert outputs["failures"] == "3"
    assert int(outputs["patches"]) >= 1
    assert outputs["comment-id"] == str(job.hub.state.comments[0]["id"])
    assert "```suggestion\n    result = 0\n```" in job.hub.state.review_comments[0]["body"]
    assert job.summary.startswith("### ✅ Mended: 3 failing tests")
    subprocess.run(["git", "apply", outputs["patch-path"]], cwd=job.root, check=True)
    assert (job.root / "app.py").read_text() == GOOD
    job.git(job.root, "checkout", "-q", "app.py")
    ours = [sys.executable, "-m", "dspy_ci", "apply", "--bundle", job.temp / "dspy-ci-made" / "bundle.json"]
    subprocess.run(ours, cwd=job.root, env=job.environment, check=True)
    assert (job.root / "app.py").read_text() == GOOD
    assert not any("Authorization" in headers for headers in job.hub.stored)
    bundle = job.temp / "dspy-ci-made" / "bundle.json"
    for _ in range(2):  # published again, nothing is said twice
        assert job.run("publish", "--bundle", str(bundle)).returncode == 0
    assert len(job.hub.state.comments) == len(job.hub.state.review_comments) == len(job.hub.state.reviews) == 1
    assert len(job.hub.asked) <= 60


@pytest.mark.slow
def test_a_fork_gets_annotations_and_the_page_and_no_token_is_seen_by_its_tests(job):
    job.change({"app.py": GOOD.replace("result += item", "result += item  # same"), "test_spy.py": SPY})
    job.hub.scopes = {"actions"}
    done = job.run("--budget", "30s")
    assert done.returncode == 0, done.stderr
    assert job.outputs["status"] == "unfixed"
    assert "NO LEAK" in job.summary
    assert "LEAKED" not in job.summary.replace('"LEAKED"', "")
    assert "the token lacks" in job.summary
    assert re.search(r"^::error ", done.stdout, re.MULTILINE)
    assert not job.hub.state.comments
    assert job.hub.token not in done.stdout + done.stderr + job.summary


@pytest.mark.slow
def test_settings_of_the_change_do_not_count(job):
    evil = '[tool.dspy-ci]\ntest-cmd = "touch /tmp/owned"\nsurprise = 1\n'
    job.change({"app.py": BAD, "pyproject.toml": evil})
    done = job.run("--budget", "12s", DSPY_CI_TEST_CMD="", DSPY_CI_SANDBOX="auto")
    assert done.returncode == 0, done.stderr
    assert "surprise" not in job.summary + done.stderr
    assert "touch" not in job.summary


def test_without_a_token_the_page_says_so(job):
    job.change({"app.py": BAD})
    job.failed()
    done = job.run("--budget", "1s", DSPY_CI_GITHUB_TOKEN="", DSPY_CI_MODE="explain")
    assert done.returncode == 0, done.stderr
    assert "there is no token" in job.summary
    assert not job.hub.asked


def test_explaining_runs_nothing(job):
    job.change({"app.py": BAD})
    job.failed()
    done = job.run(DSPY_CI_MODE="explain")
    assert done.returncode == 0, done.stderr
    assert job.outputs["status"] == "unfixed"
    assert "nothing was run" in job.summary
    assert job.outputs["failures"] == "3"
    assert len(job.hub.state.comments) == 1


def test_a_dry_run_posts_nothing_and_keeps_what_it_would_post(job):
    job.change({"app.py": BAD})
    job.failed()
    done = job.run("--dry-run", DSPY_CI_MODE="explain")
    assert done.returncode == 0, done.stderr
    assert not job.hub.writes
    told = json.loads((job.temp / "dspy-ci-made" / "drafts.json").read_text())
    assert [one["verb"] for one in told][-1] == "create_comment"
    assert "would create comment" in done.stdout


@pytest.mark.parametrize("where", ["/jobs$", "/logs$"])
def test_a_reader_without_permission_says_which_one(job, where):
    job.change({"app.py": BAD})
    job.failed()
    job.hub.scopes.discard("actions")
    done = job.run(DSPY_CI_MODE="explain")
    assert done.returncode == 0, done.stderr
    assert "actions: read" in job.summary


def test_the_solver_refuses_a_token(job, tmp_path):
    job.change({"app.py": BAD})
    done = job.run("solve", "--facts", "x", "--out", "y")
    assert done.returncode == 2
    assert "must not hold a token" in done.stderr
    assert job.hub.token not in done.stderr


def test_code_of_the_checkout_does_not_pose_as_ours(job):
    trap = "open('/tmp/owned-by-a-module', 'w').close(); raise SystemExit('owned')\n"
    job.change({"app.py": BAD, "github.py": trap, "requests.py": trap, "dspy_ci.py": trap, "json.py": trap})
    job.failed()
    done = subprocess.run(
        [sys.executable, "-I", "-m", "dspy_ci", "action"], cwd=job.root, text=True, capture_output=True, timeout=100,
        check=False, env={**job.environment, "DSPY_CI_MODE": "explain"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "owned" not in done.stdout + done.stderr
    assert len(job.hub.state.comments) == 1


def test_pull_request_target_is_refused(job):
    job.change({"app.py": BAD})
    done = job.run(GITHUB_EVENT_NAME="pull_request_target")
    assert done.returncode == 2
    assert "pull_request_target" in done.stderr
    assert not job.hub.asked


@pytest.mark.parametrize(
    "payload",
    ["{", "[]", '{"pull_request": 5}', '{"pull_request": {"number": "$(id)", "head": {"sha": "$(id)"}}}',
     '{"pull_request": {"number": 1}}', '{"workflow_run": {"id": 1}}'],
)  # fmt: skip
def test_a_payload_that_makes_no_sense_is_a_sentence(job, payload):
    job.change({"app.py": BAD})
    (job.temp / "event.json").write_text(payload)
    done = job.run("read", "--out", str(job.temp / "facts.json"))
    assert done.returncode in {0, 2}
    assert "Traceback" not in done.stderr
    assert "unforeseen" not in done.stderr


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "dspy-ci/bundle/1"}', "\0" * 100])
def test_a_bundle_that_is_none_posts_nothing(job, text):
    job.change({"app.py": BAD})
    bundle = job.temp / "bundle.json"
    bundle.write_text(text)
    done = job.run("publish", "--bundle", str(bundle))
    assert done.returncode == 2
    assert not job.hub.writes


def test_a_fork_is_found_by_its_head_and_not_by_its_word(job):
    job.change({"app.py": BAD})
    job.failed()
    run = {
        "id": 42, "head_sha": job.head, "head_branch": "topic", "head_repository": {"full_name": "eve/r"},
        "event": "pull_request", "pull_requests": [],
    }  # fmt: skip
    (job.temp / "event.json").write_text(json.dumps({"workflow_run": run}))
    job.hub.state.pull["head"]["repo"] = {"full_name": "eve/r"}
    done = job.run(GITHUB_EVENT_NAME="workflow_run", DSPY_CI_MODE="explain", GITHUB_RUN_ID="99")
    assert done.returncode == 0, done.stderr
    assert len(job.hub.state.comments) == 1
    assert job.hub.counted("GET", "/actions/runs/42/jobs$")


def test_a_fork_whose_base_is_not_known_gets_no_settings_of_its_own(job, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_BASE_REF", "")
    job.change({"app.py": BAD, "pyproject.toml": "[tool.dspy-ci]\ntest-cmd = 'touch owned'\n"})
    facts = Facts(Target("o/r", job.head, from_fork=True))
    solver = Solver(job.root, facts, Shelf(tmp_path / "bundle.json"), budget=1.0)
    assert solver._base(job.root, tmp_path)[1].read_bytes() == b""
    assert programfiles.text(job.root, "pyproject.toml", os.environ) is None


def running(pid):
    """Whether it is neither gone nor a death that nobody has taken note of yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_role_that_does_not_end_is_ended_with_all_that_it_started(monkeypatch, tmp_path):
    file = str(tmp_path / "pid")
    start = f"import subprocess, time; open({file!r}, 'w').write(str(subprocess.Popen(['sleep', '60']).pid))"
    monkeypatch.setattr(roles, "_CODE", f"{start}; time.sleep(60)")
    assert roles._role(["solve"], {"PATH": os.environ["PATH"]}, 3.0) == 3
    pid = (tmp_path / "pid").read_text()
    deadline = time.monotonic() + 30  # the signal is sent, and a busy machine delivers it when it can
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not running(pid)


def test_another_commit_than_the_head_is_not_run(job):
    job.change({"app.py": BAD})
    facts = job.temp / "facts.json"
    facts.write_text(facts_text(Facts(Target("o/r", "9" * 40, 7))))
    done = job.run("solve", "--facts", str(facts), "--out", str(job.temp / "bundle.json"), DSPY_CI_GITHUB_TOKEN="")
    assert done.returncode == 0, done.stderr
    held = bundle_of((job.temp / "bundle.json").read_bytes())
    assert held.sandbox is None
    assert "check out the head" in held.notes[-1]


GITHUB = {
    "GITHUB_TOKEN": "ghs_0123456789abcdefghij", "GH_TOKEN": "x" * 20, "DSPY_CI_GITHUB_TOKEN": "y" * 20,
    "DSPY_CI_PUSH_TOKEN": "z" * 20, "ACTIONS_RUNTIME_TOKEN": "rt" * 20, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "id" * 20,
    "HARMLESS": "ghp_0123456789abcdefghij",
}  # fmt: skip
EVERYTHING = {
    **GITHUB, "PATH": "/bin", "HOME": "/home/x", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://x", "NPM_TOKEN": "npm" * 10,
    "OPENAI_API_KEY": "sk-1" * 8, "AWS_SECRET_ACCESS_KEY": "aws" * 10, "GITHUB_ENV": "/e", "GITHUB_PATH": "/p",
    "GITHUB_OUTPUT": "/o", "GITHUB_STEP_SUMMARY": "/s", "GITHUB_SHA": "1" * 40, "PYTHONPATH": "/evil",
    "LD_PRELOAD": "/evil.so", "DSPY_CI_BUDGET": "5m", "DATABASE_URL": "postgres://localhost/x",
}  # fmt: skip


def test_each_role_gets_what_it_needs_and_no_more():
    reader, solver, publisher = (make(EVERYTHING) for make in (for_reader, for_solver, for_publisher))
    assert reader.keys() == {"PATH", "HOME", "GITHUB_TOKEN", "GH_TOKEN", "DSPY_CI_GITHUB_TOKEN", "GITHUB_SHA"}
    assert publisher.keys() == reader.keys() | {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"}
    own = {"PYTHONPATH", "LD_PRELOAD", "DSPY_CI_BUDGET", "DATABASE_URL"}
    assert solver.keys() == {"PATH", "HOME", "OPENAI_API_KEY", "GITHUB_SHA"} | own
    refuse_powers(solver)


@pytest.mark.parametrize("name", GITHUB)
def test_no_token_is_overlooked(name):
    with pytest.raises(UsageError):
        refuse_powers({"PATH": "/bin", name: EVERYTHING[name]})
