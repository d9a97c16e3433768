"""What hostile people can lay in the way of the runner: artifacts, logs, caches, the files of a pull request."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dspy_ci.commands.publisher import publish_bundle
from dspy_ci.errors import DspyCiError
from dspy_ci.failures.failure import Failure
from dspy_ci.reports.bundle import Bundle, Finding, Proof, Proposal, Sandbox, bundle_text
from dspy_ci.reports.facts import Target
from dspy_ci.verdicts.verdict import TestDelta as Delta
from tests.actions.conftest import GREEN, RED, script
from tests.actions.runner.forge import Forge, serving

ROOT = Path(__file__).parents[2]
PIN = "0" * 40
TOKEN = "ghs_" + "publishertoken0123456789abcdefghijk"
DIFF = """\
diff --git a/shelf.py b/shelf.py
--- a/shelf.py
+++ b/shelf.py
@@ -1,2 +1,2 @@
 def pages(items, size):
-    return [items[at : at + size] for at in range(0, len(items) - 1, size)]
+    return [items[at : at + size] for at in range(0, len(items), size)]
"""
TEST = "tests/test_shelf.py::test_the_last_page_may_be_short"


@pytest.fixture(scope="module")
def forge(tmp_path_factory, described):
    """`acme/shelf` with a pull request that loses the last page; one for all cases, emptied before each."""
    root = tmp_path_factory.mktemp("forge")

    def git(*words):
        who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        return subprocess.run(
            ["git", *who, *words], cwd=root, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q", "-b", "main")
    shas = []
    for text in (GREEN["shelf.py"], RED["shelf.py"]):
        (root / "shelf.py").write_text(text)
        git("add", "-A")
        git("commit", "-q", "-m", "x")
        shas.append(git("rev-parse", "HEAD"))
    repo = {"full_name": "acme/shelf"}
    pull = {
        "number": 7, "title": "Shorter", "user": {"login": "ada", "type": "User"}, "state": "open",
        "head": {"sha": shas[1], "ref": "topic", "repo": repo}, "base": {"sha": shas[0], "ref": "main", "repo": repo},
    }  # fmt: skip
    with serving(Forge(str(root), pull, api=described)) as made:
        made.tokens[TOKEN] = {"actions": "read", "contents": "read", "pull-requests": "write", "checks": "write"}
        yield made


@pytest.fixture
def publish(forge, tmp_path, monkeypatch, capsys):
    """Publish a file as the job of the publisher does; returns what the step printed, or why it refused."""
    for said in (forge.comments, forge.reviews, forge.remarks, forge.checks, forge.asked):
        said.clear()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": forge.pull}))
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "DSPY_CI_")):
            monkeypatch.delenv(name)
    told = {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": event,
        "GITHUB_RUN_ID": "12",
        "GITHUB_REPOSITORY": "acme/shelf", "GITHUB_SHA": forge.pull["head"]["sha"], "GITHUB_API_URL": forge.url,
        "GITHUB_SERVER_URL": forge.url, "GITHUB_OUTPUT": tmp_path / "output",
        "GITHUB_STEP_SUMMARY": tmp_path / "summary",
        "GITHUB_TOKEN": TOKEN,
    }  # fmt: skip
    for name, held in told.items():
        monkeypatch.setenv(name, str(held))

    def hand(text):
        path = tmp_path / "bundle.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            publish_bundle(path, dry_run=False)
        except DspyCiError as error:
            return f"refused: {error}"
        return capsys.readouterr().out

    return hand


@pytest.fixture
def bundle(forge):
    """An honest bundle, with whatever a case changes."""

    def make(*, message="assert [[1, 2]] == [[1, 2], [3]]", diff=DIFF, proposal=None, finding=None, **changes):
        target = Target("acme/shelf", forge.pull["head"]["sha"], 7, 12, 1, forge.pull["base"]["sha"], "main")
        failure = Failure(tool="pytest", kind="test", message=message, file="tests/test_shelf.py", line=5, test_id=TEST)
        one = Finding(failure, root=True, cause="change", excerpt="E  assert", **(finding or {}))
        proof = Proof(
            "verified", "it passed", 1.0, Delta(fixed=(TEST,), kept=1), command="pytest", tier="A", digest="d" * 8
        )
        patch = Proposal("0123456789ab", "template", "`pages` uses `len(items)`.", diff, proof, safe=True)
        made = Bundle(
            target,
            "fixed",
            "Mended.",
            (one,),
            (dataclasses.replace(patch, **(proposal or {})),),
            sandbox=Sandbox("A", "x"),
        )
        return dataclasses.replace(made, **changes)

    return make


def posted(forge):
    return [one["body"] for one in (*forge.comments, *forge.remarks, *forge.reviews)] + [json.dumps(forge.checks)]


def test_the_honest_bundle_is_posted(publish, bundle, forge):
    publish(bundle_text(bundle()))
    assert "```suggestion" in forge.remarks[0]["body"]
    assert len(forge.comments) == 1


def changed(path, value):
    """A change to the record of a bundle, at a path of keys."""

    def change(record):
        at = record
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed(["schema"], "dspy-ci/bundle/2"),
        changed(["extra"], 1),
        changed(["target", "extra"], 1),
        changed(["target", "head_sha"], "1" * 40),
        changed(["target", "head_sha"], "HEAD; touch pwned"),
        changed(["target", "pull"], 8),
        changed(["target", "pull"], "7"),
        changed(["target", "pull"], None),
        changed(["target", "repository"], "acme/other"),
        changed(["target", "repository"], "../../user"),
        changed(["status"], "merged"),
        changed(["findings"], {}),
        changed(["findings"], None),
        changed(["findings", 0, "failure", "line"], 1e400),
        changed(["findings", 0, "failure", "kind"], "made-up"),
        changed(["findings", 0, "failure", "frames"], "x"),
        changed(["findings", 0, "count"], "1"),
        changed(["proposals", 0, "proof", "extra"], "x"),
        changed(["proposals", 0, "safe"], "yes"),
        changed(["proposals", 0, "diff"], ["x"]),
    ],
)
def test_a_bundle_that_is_not_what_the_solver_writes_is_refused_whole(publish, bundle, forge, change):
    record = json.loads(bundle_text(bundle()))
    change(record)
    assert publish(json.dumps(record)).startswith("refused: ")
    assert posted(forge) == ["[]"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"schema": NaN}',
        b" " * (5 << 20),
        b'{"a": "\\ud800"}',
    ],
    ids=["empty", "no text", "null", "list", "no keys", "deep", "NaN", "large", "half a character"],
)
def test_a_file_that_is_no_bundle_is_refused_with_a_sentence(publish, forge, data):
    assert publish(data).startswith("refused: ")
    assert posted(forge) == ["[]"]


def moved(path):
    return DIFF.replace("a/shelf.py", f"a/{path}").replace("b/shelf.py", f"b/{path}")


@pytest.mark.parametrize(
    "diff",
    [
        *map(moved, ["../shelf.py", "/etc/passwd", ".git/config", ".github/workflows/ci.yml", ".github/x.py", "x.pth",
                     "conftest.py", "tests/conftest.py", "tests/test_shelf.py", "pyproject.toml", "setup.cfg",
                     "tox.ini", "poetry.lock",
                     ".husky/pre-commit", ".pre-commit-config.yaml", "a/../../x.py", "sitecustomize.py",
                     "shelf\u202e.py", ".dspy-ci/ranking.json"]),
        DIFF.replace("--- a/", "old mode 100644\nnew mode 100755\n--- a/"),
        DIFF.replace("--- a/shelf.py", "new file mode 120000\n--- /dev/null"),
        DIFF.replace("diff --git a/shelf.py b/shelf.py", "diff --git a/shelf.py b/other.py"),
        DIFF.replace("--- a/", "index 1..2 160000\n--- a/"),
        "GIT binary patch\nliteral 0\n",
        DIFF + DIFF,
        DIFF.replace("-1,2 +1,2", "-1,2 +1,9"),
        DIFF.replace("len(items), size", f"'{TOKEN}', size"),
        DIFF.replace("len(items), size", "'AKIAIOSFODNN7EXAMPLQ', size"),
        DIFF.replace("+    return", "+    return  # \u202e"),
        "",
    ],
)  # fmt: skip
def test_a_patch_that_no_solver_may_offer_is_withheld_and_the_finding_still_arrives(publish, bundle, forge, diff):
    publish(bundle_text(bundle(diff=diff)))
    said = "\n".join(posted(forge))
    assert "```suggestion" not in said
    assert TOKEN not in said
    assert "AKIAIOSFODNN7EXAMPLQ" not in said
    assert "test_the_last_page_may_be_short" in said


HOSTILE = [
    "@org/team look", "fixes #1, closes acme/other#2", "![x](https://evil/?q=1)", "[click](https://evil)",
    "<img src=//evil>", "<!-- dspy-ci:summary:1 e30= -->", "</details>\n# Approved", "`````````",
    "```\n</details>\n```suggestion\nevil\n```", "::error::forged",
    "::set-output name=status::green", "::add-mask::a", "\r\n::stop-commands::x\n::warning::forged",
    "%0A::error::forged", "\x1b]8;;https://evil\x07click\x1b]8;;\x07", "\u202etxet", "\u200b@\u200borg",
    f"token {TOKEN}", "key AKIAIOSFODNN7EXAMPLQ", "a\nstatus=green\nstatus<<E\ngreen\nE",
    "<script>alert(1)</script>", "https://evil/?q=1", "a ##[error]forged", "##[add-mask]a", " ##[stop-commands]x",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_of_a_log_arrive_as_harmless_text(publish, bundle, forge, text, tmp_path):
    hostile = bundle(message=text, finding={"why": text, "url": "javascript:alert(1)"}, summary=text, notes=(text,),
                     command=text, proposal={"rationale": text, "notes": (text,)})  # fmt: skip
    out = publish(bundle_text(hostile))
    assert not out.startswith("refused")
    for said in (*posted(forge), (tmp_path / "summary").read_text()):
        harmless(said)
    outputs = (tmp_path / "output").read_text()
    assert re.findall(r"^status<<(\S+)\n(\w+)\n\1$", outputs, re.MULTILINE)[0][1] == "fixed"
    assert TOKEN not in outputs + out
    assert commands(out) == []


def harmless(said):
    """Nothing outside of code is a mention, a link, a picture, markup of theirs or a forged mark; no secret."""
    assert TOKEN not in said
    assert "AKIAIOSFODNN7EXAMPLQ" not in said
    assert not re.search("[\u202e\x1b\x07\r]", said)
    prose = re.sub(r"^(`{3,})[^`\n]*\n.*?^\1$", "", said, flags=re.MULTILINE | re.DOTALL)
    assert "```suggestion\nevil" not in prose
    prose = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", prose)
    assert not re.search(r"(?<![\w/])@org", prose)
    assert not re.search(r"(?<!\\)!\[|\]\(https://evil|<img|<script|javascript:", prose)
    assert not re.search(r"(?:fixes|closes) (?:\S+)?#\d", prose)
    assert prose.count("<details>") == prose.count("</details>")
    assert prose.count("<!-- dspy-ci:summary") <= 1
    assert "\n# Approved" not in prose


def commands(out):
    """The workflow commands that the runner would obey, but for annotations of ours."""
    obeyed, stopped = [], None
    for line in re.split(r"\r\n|\r|\n", out):
        if stopped:
            stopped = None if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif re.match(r"\s*::[a-z-]+|(?!\s*::).*##\[[a-z-]+", line) and "title=dspy-ci" not in line:
            obeyed.append(line)
    return obeyed


@pytest.mark.slow
@pytest.mark.parametrize("text", [*HOSTILE[::5], "\n".join(HOSTILE)])
def test_hostile_lines_of_a_log_give_no_orders_to_the_job_that_explains_it(job, text):
    (job.workspace / "build.log").write_text(
        "=== FAILURES ===\n____ test_x ____\n\n"
        f">   assert 1 == 2\nE   AssertionError: {text}\n\ntests/test_a.py:3: AssertionError\n{text}\n"
        f"FAILED tests/test_a.py::test_x - AssertionError: {text}\n=== 1 failed in 0.01s ===\n"
    )
    outputs = job.run([{"id": "e", "uses": f"dspy-ci/dspy-ci/actions/explain@{PIN}", "with": {"log": "build.log"}}])[
        "e"
    ]["outputs"]
    assert outputs["status"] == "unfixed"
    assert {note["level"] for note in job.annotations} <= {"error"}
    assert {note.get("title") for note in job.annotations} <= {"dspy-ci"}
    assert job.masks == []
    inside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", job.summary, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"evil|@org|forged|AKIA|<script|Approved", inside)
    assert not re.search("[\u202e\x1b\x07]", job.summary)


@pytest.mark.parametrize("mode", ["fix", "read", "solve", "publish"])
@pytest.mark.parametrize("event", ["pull_request", "push", "workflow_run", "issue_comment"])
def test_only_jobs_that_run_code_of_their_own_branch_take_wheels_from_the_cache(job, mode, event):
    """A job that ran foreign code may have filled it: for its own branch, or behind `workflow_run` for all of them."""
    job.github["event_name"] = event
    for extra in ("", "-github"):
        script(job.temp / f"dspy-ci{extra}" / "bin" / "python", "#!/bin/sh\n")
    job.run([{"uses": f"dspy-ci/dspy-ci@{PIN}", "with": {"mode": mode, "github-token": ""}}])
    kept = job.outcomes["Keep wheels between runs"] != "skipped"
    assert kept == (mode in {"fix", "solve"} and event in {"pull_request", "push"})


def test_no_other_action_of_ours_uses_a_cache():
    for path in ROOT.glob("actions/*/action.yml"):
        assert "actions/cache" not in path.read_text()


ORDERS = "::error::forged\n  ::add-mask::a\nx ##[error]forged\n##[add-mask]b\n::stop-commands::c\n::warning::forged"


@pytest.mark.parametrize("stream", ["", ">&2"])
@pytest.mark.parametrize(("uses", "given"), [
    ("", {"mode": "read"}), ("", {"mode": "solve"}), ("/actions/fix", {}), ("/actions/respond", {}),
    ("/actions/train", {}),
])  # fmt: skip
def test_nothing_that_a_role_says_is_an_order_to_the_runner(job, uses, given, stream):
    """Names of tests and lines of logs stand in what a role says while it works."""
    record = json.dumps({"status": "green", "failures": []})
    for extra in ("", "-github"):
        script(job.temp / f"dspy-ci{extra}" / "bin" / "python", f"""#!/bin/bash
[[ "$*" == *doctor* ]] && exit
if [[ "$*" == *tell.py* ]]; then exec {sys.executable} "$@"; fi
[[ "$*" == *format?json* ]] && echo '{record}'
[[ "$*" == *format?json* && -z "{stream}" ]] || printf '%b\\n' "$ORDERS" {stream}
exit 0
""")  # fmt: skip
    job.environ["ORDERS"] = ORDERS
    job.github["event_path"] = str(job.temp / "none")
    for name in ("facts", "bundle"):
        Path(job.store["artifacts"], f"dspy-ci-{name}").mkdir(parents=True)
        Path(job.store["artifacts"], f"dspy-ci-{name}", f"{name}.json").write_text("{}")
    job.run([{"uses": f"dspy-ci/dspy-ci{uses}@{PIN}", "with": given}])
    assert (job.annotations, job.masks) == ([], [])
    assert "forged" in job.log or "fix" in uses


@pytest.mark.parametrize("path", sorted((ROOT / "actions/steps").glob("*.sh")), ids=lambda path: path.name)
def test_the_scripts_run_in_the_bash_that_macos_has(path):
    """There an empty list is an unknown variable, and grep has no lines that end with NUL."""
    text = path.read_text()
    bare = re.sub(r'\$\{(\w+)\[@\]\+"\$\{\1\[@\]\}"\}', "", text)
    assert set(re.findall(r"\$\{(\w+)\[@\]\}", bare)) <= {"role"}
    assert not re.search(r"grep -\w*z|mapfile|readarray|declare -A|\$\{\w+(?:,,|\^\^)", text)


def test_the_solver_sees_no_token_even_where_the_job_has_one(job):
    """Whatever is named like a token is taken out before the step of the solver begins."""
    script = job.temp / "dspy-ci" / "bin" / "python"
    script.write_text('#!/bin/sh\ncase "$*" in *action*) env > "$RUNNER_TEMP/seen" ;; esac\n')
    Path(job.store["artifacts"], "dspy-ci-facts").mkdir(parents=True)
    Path(job.store["artifacts"], "dspy-ci-facts", "facts.json").write_text("{}")
    job.environ |= {"GITHUB_TOKEN": TOKEN, "GH_TOKEN": TOKEN}
    job.run([{"uses": f"dspy-ci/dspy-ci@{PIN}", "with": {"mode": "solve", "github-token": TOKEN}}])
    assert (job.temp / "seen").exists(), job.log
    assert TOKEN not in (job.temp / "seen").read_text()


@pytest.mark.parametrize(("given", "rehearsed"), [("true", True), ("yes", True), ("True", True), ("false", False)])
def test_in_doubt_nothing_is_posted(job, given, rehearsed):
    script(job.temp / "dspy-ci-github" / "bin" / "python", '#!/bin/sh\necho "$@" >> "$RUNNER_TEMP/asked"\n')
    job.run([{"uses": f"dspy-ci/dspy-ci@{PIN}", "with": {"dry-run": given, "github-token": ""}}])
    last = (job.temp / "asked").read_text().splitlines()[-1]
    assert ("--dry-run" in last) == rehearsed


@pytest.mark.parametrize("mode", ["", "Fix", "solve --out /x", "$(touch pwned)", "fix\nread", "../../x"])
def test_a_mode_that_there_is_not_runs_nothing(job, mode):
    script = job.temp / "dspy-ci-github" / "bin" / "python"
    script.write_text('#!/bin/sh\ncase "$*" in *action*) touch "$RUNNER_TEMP/ran" ;; esac\n')
    job.run([{"uses": f"dspy-ci/dspy-ci@{PIN}", "with": {"mode": mode, "github-token": TOKEN}}])
    assert job.status == "failure"
    assert not (job.temp / "ran").exists()
    assert not list(job.folder.rglob("pwned"))
    assert "mode is fix, read, solve or publish" in job.annotations[0]["text"]
