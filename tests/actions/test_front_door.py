"""The ready-made workflows, executed job by job and step by step against a server that plays GitHub."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.actions.conftest import GREEN, RED, script
from tests.actions.runner import workflow
from tests.actions.runner.forge import Forge, serving

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "workflows"
pytestmark = pytest.mark.slow


@pytest.fixture
def forge(repository, git, described):
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
    with serving(Forge(str(root), pull, api=described)) as made:
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
    return text.replace("budget: 5m", "budget: 30s")


def bundle(ran, name="dspy-ci-bundle"):
    (job,) = {path.store["artifacts"] for path in ran.jobs.values()}
    return json.loads(Path(job, name, "bundle.json").read_text())


def apply(forge, patch, tmp_path):
    """What `git apply` makes of the head of the pull request."""
    subprocess.run(["git", "clone", "-q", forge.root, tmp_path / "clone"], check=True)
    subprocess.run(["git", "checkout", "-q", forge.pull["head"]["sha"]], cwd=tmp_path / "clone", check=True)
    subprocess.run(["git", "apply", patch], cwd=tmp_path / "clone", check=True)
    return (tmp_path / "clone" / "shelf.py").read_text()


def test_a_red_pull_request_gets_a_proved_suggestion(run, forge, tmp_path):
    ran = run("one-job.yml", text=quicker)
    assert ran.results == {"test": "failure", "mend": "success"}, ran.jobs["mend"].log
    assert ran.jobs["mend"].outcomes["Keep wheels between runs"] == "success"
    delivered(ran, ran.jobs["mend"], forge, tmp_path)


def test_three_jobs_hand_one_file_each_on_and_publishing_twice_says_nothing_twice(run, forge, tmp_path):
    ran = run("three-jobs.yml", text=lambda text: with_a_solver_that_may_do_nothing(quicker(text)))
    assert ran.tokens[next(token for token in ran.tokens if "solve" in token)] == {}
    assert ran.results == {"test": "failure", "read": "success", "solve": "success", "publish": "success"}
    publish = ran.jobs["publish"]
    delivered(ran, publish, forge, tmp_path)
    steps = yaml.safe_load((DOCS / "three-jobs.yml").read_text())["jobs"]["publish"]["steps"]
    publish.run(steps)
    assert publish.status == "success"
    assert (len(forge.remarks), len(forge.comments), len(forge.reviews), forge.refused) == (1, 1, 1, [])
    solver = next(token for token, rights in forge.tokens.items() if "solve" in token)
    assert solver not in {token for token, *_ in forge.asked}
    assert list(publish.workspace.iterdir()) == []


def with_a_solver_that_may_do_nothing(text):
    """As the file says that a public repository can do."""
    asked = "    permissions:\n      contents: read # check the code out; a public"
    allowed = text.replace(asked, "    permissions: {} # a public")
    assert allowed != text
    return allowed


def delivered(ran, last, forge, tmp_path):
    """The suggestion, the summary, the outputs and the bundle say the same, and nothing was asked that may not be."""
    assert forge.remarks, last.log
    (remark,), (comment,) = forge.remarks, forge.comments
    assert (remark["path"], remark["line"]) == ("shelf.py", 2)
    assert f"```suggestion\n{GREEN['shelf.py'].splitlines()[1]}\n```" in remark["body"]
    assert "Mended" in comment["body"]
    assert "Mended" in last.summary
    assert "git apply" in last.summary
    outputs, held = last.last["outputs"], bundle(ran)
    assert (outputs["status"], outputs["failures"]) == (held["status"], "1") == ("fixed", "1")
    assert int(outputs["patches"]) >= 1
    assert outputs["comment-url"] == comment["html_url"]
    assert outputs["comment-id"] == str(comment["id"])
    assert apply(forge, outputs["patch-path"], tmp_path) == GREEN["shelf.py"]
    assert forge.refused == []


def test_a_green_run_starts_nothing(run, forge, git):
    git(forge.root, "branch", "-f", "topic", "main")
    forge.pull["head"]["sha"] = forge.pull["base"]["sha"]
    ran = run("three-jobs.yml")
    assert ran.results == {"test": "success", "read": "skipped", "solve": "skipped", "publish": "skipped"}
    assert forge.asked == []


HOSTILE = 'x";touch${IFS}pwned;"$(touch${IFS}pwned)`touch${IFS}pwned`'


def test_a_fork_with_hostile_names_gets_its_answer_without_a_word_posted(run, forge, git, write, tmp_path):
    """Its token may only read; what it is called is data everywhere."""
    git(forge.root, "checkout", "-q", "-b", HOSTILE, "topic")
    write(
        forge.root,
        {"tests/$(touch pwned);'\"::error file=x::y %0A.py": "x = 1\n", "-rf": "", "venv.py": "raise SystemExit(9)\n"},
    )
    leak = tmp_path / "leak"
    spy = (
        f"import json, os\nwith open({str(leak)!r}, 'a') as sink:\n"
        "    sink.write(json.dumps(dict(os.environ)) + '\\n')\n"
    )
    config = f"[tool.dspy-ci]\nsandbox = 'E'\ntest-cmd = 'touch {tmp_path}/pwned'\n"
    write(forge.root, {"conftest.py": spy, "pyproject.toml": GREEN["pyproject.toml"] + config})
    git(forge.root, "add", "-A")
    git(forge.root, "commit", "-q", "-m", "${{ secrets.GITHUB_TOKEN }} $(touch pwned)\n::error::forged")
    git(forge.root, "checkout", "-q", "main")
    forge.pull["head"] = {
        "sha": git(forge.root, "rev-parse", HOSTILE).strip(),
        "ref": HOSTILE,
        "repo": {"full_name": "ada/shelf"},
    }
    forge.pull["title"] = "${{ github.token }}`$(touch pwned)`\n::stop-commands::x"
    ran = run("one-job.yml", read_only=True, text=hasty, head_ref=HOSTILE)
    mend = ran.jobs["mend"]
    assert ran.results == {"test": "failure", "mend": "success"}, mend.log
    assert (forge.comments, forge.reviews, forge.remarks, forge.checks) == ([], [], [], [])
    assert mend.last["outputs"]["failures"] == "1"
    assert mend.last["outputs"]["comment-url"] == ""
    assert "test_the_last_page_may_be_short" in mend.summary
    assert bundle(ran)["findings"]
    assert not list(tmp_path.rglob("pwned"))
    seen = [json.loads(line) for line in leak.read_text().splitlines()]
    assert {one["GITHUB_JOB"] for one in seen} == {"test"}, "code of the pull request ran outside of the sandbox"
    assert "forged" not in str(mend.annotations)
    for token in ran.tokens:
        assert token not in mend.summary + mend.log + json.dumps(bundle(ran))


def hasty(text):
    return text.replace("budget: 5m", "budget: 10s")


def test_the_pull_request_of_a_fork_is_served_by_the_run_behind_its_run(run, forge, store, git):
    """The jobs of the fork's own run are known by their logs alone."""
    store["remote"]["ada/shelf"] = forge.root
    forge.pull["head"]["repo"] = {"full_name": "ada/shelf"}
    forge.logs[1] = Path(__file__).with_name("fork.log").read_bytes()
    event = {
        "action": "completed",
        "workflow_run": {
            "id": 11, "run_attempt": 1, "conclusion": "failure", "event": "pull_request", "name": "CI",
            "pull_requests": [], "head_sha": forge.pull["head"]["sha"], "head_branch": "topic",
            "head_repository": {"full_name": "ada/shelf"},
        },
    }  # fmt: skip
    ran = run("forks.yml", event=event, event_name="workflow_run", sha=forge.pull["base"]["sha"], text=hasty,
              ref="refs/heads/main", ref_name="main")  # fmt: skip
    assert ran.results == {"read": "success", "solve": "success", "publish": "success"}, ran.jobs["solve"].log
    assert "/repos/acme/shelf/actions/runs/11/jobs" in {path for _, _, path in forge.asked}
    (comment,) = forge.comments
    assert "test_the_last_page_may_be_short" in comment["body"]
    assert bundle(ran)["target"]["pull"] == 7
    assert ran.jobs["solve"].outcomes["Keep wheels between runs"] == "skipped"
    assert forge.refused == []
    env = "".join(
        path.read_text(errors="replace") for path in (ran.jobs["solve"].workspace / "fork" / ".git").glob("config")
    )
    assert "extraheader" not in env


def test_without_a_token_and_with_a_budget_that_runs_out_the_job_says_so_and_goes_on(run, forge, git, write):
    git(forge.root, "checkout", "-q", "topic")
    write(forge.root, {"tests/test_slow.py": "import time\n\n\ndef test_slow():\n    time.sleep(15)\n"})
    git(forge.root, "add", "-A")
    git(forge.root, "commit", "-q", "-m", "slow")
    forge.pull["head"]["sha"] = git(forge.root, "rev-parse", "HEAD").strip()
    git(forge.root, "checkout", "-q", "main")

    def text(plain):
        return hasty(plain).replace("run: pytest\n", "run: pytest -k short\n") + "          github-token: ''\n"

    ran = run("one-job.yml", text=text)
    mend = ran.jobs["mend"]
    assert ran.results["mend"] == "success", mend.log
    assert mend.last["outputs"]["status"] == "unfixed"
    assert "there is no token" in mend.summary
    assert forge.asked == []
    assert bundle(ran)["proposals"] == []


@pytest.mark.parametrize(
    ("tools", "wants", "says"),
    [
        ({"git": "#!/bin/sh\necho 'git: not found' >&2; exit 127\n"}, "", "git"),
        ({}, "          test-cmd: no-such-tool tests\n", "no-such-tool"),
    ],
    ids=["git", "the test command"],
)
def test_a_missing_tool_is_named_and_the_status_is_not_green(run, forge, tools, wants, says, environ):
    forge.logs[1] = Path(__file__).with_name("fork.log").read_bytes()
    for name, stub in tools.items():
        script(Path(environ["PATH"].split(":")[0]) / name, stub)

    def text(plain):
        alone = hasty(plain).replace("    needs: [test]\n    if: ${{ failure() }}\n", "")
        return alone.replace("run: pytest\n", "run: 'true'\n").replace("run: pip", "run: true pip") + wants

    ran = run("one-job.yml", text=text)
    mend = ran.jobs["mend"]
    assert mend.last["outputs"]["status"] in {"error", "unfixed"}, mend.log
    assert says in mend.log + mend.summary, mend.log
    assert "Traceback" not in mend.log
    assert forge.remarks == []
