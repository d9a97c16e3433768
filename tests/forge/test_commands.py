"""Commands of a pull request, through the real adapter, to a GitHub that checks every request and has bad days."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from fakegithub import HEAD, QUICK

from dspy_ci.adapters.github.forge import GitHub
from dspy_ci.commands.answering import Desk, answer
from dspy_ci.commands.requested import Bench
from dspy_ci.errors import Forbidden, Throttled, Unreachable
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.forge import User
from dspy_ci.ports.workshop import Made, ScriptedWorkshop
from dspy_ci.reports.bundle import Bundle, Proof, Proposal, bundle_text
from dspy_ci.reports.facts import Facts, JobFacts, Target, facts_text
from dspy_ci.requests.gate import Limits
from dspy_ci.requests.said import Said

pytestmark = pytest.mark.slow

SAID = Said("o/r", 7, 100, User("ann"), "MEMBER", "/dspy fix", account=55)
DIFF = "diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
ID = hashlib.sha256(DIFF.encode()).hexdigest()[:12]
TARGET = Target("o/r", HEAD, 7)
FIXED = Bundle(
    TARGET, "fixed", "Proved.", proposals=(Proposal(ID, "fixer:x", "It was 1.", DIFF, Proof("verified", "")),)
)
FLAKY = Failure("pip", "network", "Connection reset by peer")
FACTS = Facts(TARGET, (JobFacts("test", 5, failures=(FLAKY,), roots=(FLAKY.fingerprint,)),))
MADE = {"facts": Made(facts_text(FACTS)), "bundle": Made(bundle_text(FIXED)), "score": Made("[]")}
VERBS = ["fix", "explain", "plan", "retry", "score", "ignore", "apply", "help"]


@pytest.fixture
def ask(hub, forge):
    """Answer a comment; how it ended."""
    hub.state.permissions["ann"] = "write"
    hub.state.branches["topic"] = HEAD
    hub.state.blobs["app.py"] = b"x = 1\n"
    author = {"commit": {"message": "m"}, "author": {"login": "ann"}, "parents": []}
    hub.state.commits[HEAD] = {"sha": HEAD, "tree": {"sha": "t" * 40}, **author}
    hub.state.trees["t" * 40] = [{"path": "app.py", "mode": "100644", "type": "blob", "sha": "b" * 40}]
    red = {
        "id": 70,
        "name": "ci",
        "event": "pull_request",
        "head_sha": HEAD,
        "status": "completed",
        "conclusion": "failure",
    }
    hub.state.runs[70] = red
    hub.state.jobs.append({"id": 5, "name": "test", "status": "completed", "conclusion": "failure"})
    hub.state.logs[5] = b"red\n"

    def run(verb, comment=100, said=SAID, known=forge):
        bench = Bench(known, ScriptedWorkshop(MADE), known)
        at = Desk(bench, Limits(100, 100), lambda: datetime(2026, 1, 2, tzinfo=timezone.utc))
        return answer(replace(said, comment=comment, body=f"/dspy {verb}"), at).word

    return run


def test_every_command_asks_github_only_for_what_github_describes(ask, hub):
    assert [ask(verb, number) for number, verb in enumerate(VERBS, 1)] == ["done"] * len(VERBS)
    assert hub.state.rerun == [70]
    tree = hub.state.trees[hub.state.commits[hub.state.branches["topic"]]["tree"]["sha"]]
    assert hub.state.blobs[tree[-1]["sha"]] == b"x = 2\n"
    assert len([one for one in hub.state.comments if "dspy-ci:answer" in one["body"]]) == len(VERBS)


@pytest.mark.parametrize("login", ["eve", "nobody"])
@pytest.mark.parametrize("verb", ["fix", "apply", "retry"])
def test_who_may_not_write_moves_nothing(ask, hub, login, verb):
    hub.state.permissions["eve"] = "triage"
    assert ask(verb, said=replace(SAID, author=User(login), association="OWNER")) == "refused"
    assert hub.state.rerun == []
    assert hub.state.branches["topic"] == HEAD
    assert {one.path.rsplit("/", 1)[1] for one in hub.writes} == {"comments", "reactions"}


@pytest.mark.parametrize(("method", "where", "kind"), [
    ("GET", "/permission$", "502"), ("GET", "/issues/7/comments$", "half"), ("GET", "/pulls/7$", "cut"),
    ("POST", "/reactions$", "502"), ("POST", "/issues/7/comments$", "secondary"), ("GET", "/actions/runs$", "no json"),
    ("GET", "/jobs$", "primary"), ("STORE", "", "half"), ("POST", "/graphql$", "500"),
    ("POST", "/issues/7/comments$", "done, then cut"), ("POST", "/reactions$", "done, then cut"),
])  # fmt: skip
def test_on_a_bad_day_a_command_ends_or_is_tried_again_and_is_never_answered_twice(ask, hub, method, where, kind):
    hub.trouble(method, where, kind)
    for _ in range(3):
        with suppress(Unreachable, Throttled):
            ended = ask("explain")
    assert ended in {"done", "known"}
    assert len([one for one in hub.state.comments if "comment=100 " in one["body"]]) == 1


def test_without_the_right_to_speak_it_says_which_right_is_missing(ask, hub):
    hub.scopes -= {"issues", "pull_requests"}
    with pytest.raises(Forbidden) as caught:
        ask("explain")
    assert "write" in caught.value.permission


def test_a_command_stays_within_its_requests(ask, hub):
    ask("help")
    assert len(hub.asked) <= 8
    before = len(hub.asked)
    ask("fix", 101)
    assert len(hub.asked) - before <= 16


def test_another_token_is_not_taken_for_us(ask, hub):
    ask("help")
    hub.me = "somebody-else[bot]"
    assert ask("help", known=GitHub("o/r", hub.token, api=hub.url, pace=QUICK)) == "done"
