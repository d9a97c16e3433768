"""From a comment to what stands under it, on the twin of the forge and of the workshop."""

import hashlib
import json
import re
from dataclasses import asdict, replace
from datetime import datetime, timezone

import pytest

from dspy_ci.commands.answering import Desk, answer
from dspy_ci.commands.requested import Bench
from dspy_ci.deliveries.publishing import publish
from dspy_ci.errors import Unreachable
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.drafts import Drafts, State
from dspy_ci.ports.forge import ChangedFile, Comment, Commit, Job, PullRequest, Run, User
from dspy_ci.ports.workshop import Made, ScriptedWorkshop
from dspy_ci.reports.bundle import Bundle, Finding, Proof, Proposal, bundle_text, short
from dspy_ci.reports.facts import Facts, JobFacts, Target, facts_text
from dspy_ci.reports.marks import memory_of
from dspy_ci.requests.gate import Limits
from dspy_ci.requests.said import Said
from dspy_ci.verdicts.verdict import TestDelta

HEAD, BASE = "a" * 40, "b" * 40
PULL = PullRequest(7, "title", User("ann"), HEAD, "topic", "o/r", BASE, "main", "o/r")
SAID = Said("o/r", 7, 100, User("ann"), "MEMBER", "/dspy fix", account=55)
RED = Failure(
    "pytest", "test", "assert 1 == 2", file="a.py", line=3, test_id="test_a.py::test_b", exception="AssertionError"
)
FLAKY = Failure("pip", "network", "Connection reset by peer")
DIFF = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
ID = hashlib.sha256(DIFF.encode()).hexdigest()[:12]
TARGET = Target("o/r", HEAD, 7)
FIXED = Bundle(
    TARGET, "fixed", "One patch was proved.", (Finding(RED, root=True),),
    (Proposal(ID, "fixer:x", "It was 1.", DIFF, Proof("verified", "", 1.0, TestDelta(fixed=("test_a.py::test_b",)))),),
)  # fmt: skip


def facts(*failures):
    jobs = (
        JobFacts("test", 5, failures=failures, roots=tuple(one.fingerprint for one in failures), excerpt="E  1 == 2"),
    )
    return Made(facts_text(Facts(TARGET, jobs)))


@pytest.fixture
def forge():
    run = Run(70, "ci", "pull_request", HEAD, "topic", "o/r", "completed", "failure")
    state = State(
        pulls={7: PULL}, files={7: (ChangedFile("a.py", "modified"),)}, permissions={"ann": "write"},
        commits={HEAD: Commit(HEAD, "", "ann")}, runs={70: run}, logs={5: b"log"}, branches={"topic": HEAD},
        jobs={70: (Job(5, "test", "completed", "failure"), Job(6, "lint", "completed", "success"))},
        contents={("a.py", HEAD): b"x = 1\n"},
    )  # fmt: skip
    return Drafts(state, me="our-app[bot]")


@pytest.fixture
def ask(forge):
    """Answer a comment; what was posted for it."""

    def run(body, *, comment=100, said=SAID, push=True, day=1, limits=Limits(), publish=None, **made):  # noqa: B008
        workshop = ScriptedWorkshop({"facts": facts(RED), "bundle": Made(bundle_text(FIXED)), **made})
        options = {"publish": publish} if publish else {}
        bench = Bench(forge, workshop, forge if push else None, **options)
        before = len(forge.posted)
        now = datetime(2026, 1, day, tzinfo=timezone.utc)
        outcome = answer(replace(said, body=body, comment=comment), Desk(bench, limits, lambda: now))
        return outcome.word, forge.posted[before:], workshop

    return run


def texts(posted):
    return [one.values["body"] for one in posted if one.verb == "create_comment"]


def signs(posted):
    return [one.values["reaction"] for one in posted if one.verb == "react"]


def test_a_fix_is_seen_proved_and_told(ask):
    word, posted, workshop = ask("/dspy fix")
    assert word == "done"
    assert signs(posted) == ["eyes", "rocket"]
    (text,) = texts(posted)
    assert ID in text
    assert "`/dspy apply" in text
    assert DIFF in text
    assert [bench for bench, _ in workshop.asked] == ["facts", "bundle"]
    assert workshop.asked[1][1][0] == (HEAD, BASE)


def test_a_comment_is_answered_once(ask, forge):
    ask("/dspy explain")
    word, posted, workshop = ask("/dspy explain")
    assert (word, posted, workshop.asked) == ("known", [], [])


@pytest.mark.parametrize("verb", ["explain", "plan", "help", "fix", "score", "retry", "apply", "ignore"])
def test_nothing_is_done_for_strangers(ask, forge, verb):
    word, posted, workshop = ask(f"/dspy {verb}", said=replace(SAID, author=User("eve")))
    assert word == "refused"
    assert signs(posted) == ["confused"]
    assert "write access" in texts(posted)[0]
    assert workshop.asked == []


def test_a_stranger_who_insists_gets_one_sentence_and_then_only_a_sign(ask):
    eve = replace(SAID, author=User("eve"))
    posted = [ask("/dspy fix", said=eve, comment=number)[1] for number in range(1, 5)]
    assert [len(texts(one)) for one in posted] == [1, 0, 0, 0]
    assert all(signs(one) == ["confused"] for one in posted)


def test_programs_are_met_with_silence(ask):
    assert ask("/dspy fix", said=replace(SAID, author=User("ann", "Bot")))[1] == []
    assert ask("/dspy fix", said=replace(SAID, edited=True))[1] == []
    assert ask("> /dspy fix")[1] == []


def test_a_mark_that_somebody_else_has_forged_hides_nothing(ask, forge):
    (text,) = texts(ask("/dspy explain")[1])
    forge.state.comments[7] = [Comment(1, User("eve"), text)]
    word, posted, _ = ask("/dspy explain")
    assert word == "done"
    assert texts(posted)


def test_attempts_are_counted_by_our_own_answers(ask):
    for number in range(3):
        assert ask("/dspy explain", comment=number + 1)[0] == "done"
    word, posted, workshop = ask("/dspy fix", comment=9)
    assert word == "refused"
    assert "3 times on this commit" in texts(posted)[0]
    assert workshop.asked == []
    assert ask("/dspy help", comment=10)[0] == "done"


def test_a_token_that_may_not_ask_its_name_reads_it_under_its_first_sign(ask, forge):
    forge.me = None
    for number in range(3):
        assert ask("/dspy explain", comment=number + 1)[0] == "done"
    assert ask("/dspy explain", comment=3)[0] == "known"
    word, posted, _ = ask("/dspy fix", comment=9)
    assert word == "refused"
    assert "3 times on this commit" in texts(posted)[0]


@pytest.mark.parametrize("verb", ["fix", "plan", "explain", "retry", "score", 'edit "x"'])
def test_who_cannot_learn_its_name_at_all_makes_no_attempt_and_says_so(ask, forge, monkeypatch, verb):
    """Its answers could not be told from forged ones, so nothing could be counted."""
    forge.me = None
    monkeypatch.setattr(type(forge), "_us", User("", "Ghost"))
    word, posted, workshop = ask(f"/dspy {verb}")
    assert (word, workshop.asked) == ("refused", [])
    assert "cannot count my attempts" in texts(posted)[0]
    assert ask("/dspy help", comment=8)[0] == "done"


def test_a_forge_that_is_away_is_asked_again_later_and_not_taken_for_one_that_is_silent(ask, forge, monkeypatch):
    def away(_):
        raise Unreachable("GitHub did not answer")

    monkeypatch.setattr(type(forge), "identity", away)
    with pytest.raises(Unreachable):
        ask("/dspy fix")
    assert forge.posted == []


@pytest.mark.parametrize("author", [User("other-app[bot]", "Bot"), User("our-app", "Bot"), User("our-app", "User"),
                                    User("github-actions[bot]", "Bot"), User("dependabot[bot]", "Bot"),
                                    User("", "Ghost")], ids=str)  # fmt: skip
def test_marks_of_other_programs_count_for_nothing(ask, forge, author):
    """Neither as an attempt, nor as an answer, nor as a patch that may be committed."""
    ask("/dspy fix", comment=1)
    theirs = [replace(one, author=author) for one in forge.state.comments[7]]
    theirs += [replace(one, id=50 + n, body=one.body.replace("comment=1 ", f"comment={100 + n} "))
               for n, one in enumerate(theirs * 5)]  # fmt: skip
    forge.state.comments[7] = theirs
    word, posted, _ = ask("/dspy apply", comment=2)
    assert word == "refused"
    assert "No patch of mine" in texts(posted)[0]
    assert ask("/dspy explain", comment=101)[0] == "done"


def test_another_commit_may_be_tried_until_the_day_is_used_up(ask, forge):
    limits = Limits(per_commit=1, per_day=2)
    for number, sha in enumerate(["a" * 40, "c" * 40, "d" * 40], 1):
        forge.state.pulls[7] = replace(PULL, head_sha=sha)
        forge.state.commits[sha] = Commit(sha, "", "ann")
        word = ask("/dspy plan", comment=number, limits=limits)[0]
        assert word == ("done" if number < 3 else "refused")
    assert ask("/dspy plan", comment=9, limits=limits, day=2)[0] == "done"


def test_explain_names_root_cause_place_and_excerpt(ask):
    (text,) = texts(ask("/dspy explain")[1])
    for part in ("1 failure", "`a.py:3`", "`test_a.py::test_b`", "assert 1 == 2", "E  1 == 2"):
        assert part in text


def test_plan_has_commands(ask):
    assert "`pytest test_a.py::test_b" in texts(ask("/dspy plan")[1])[0]


def test_a_green_commit_is_told_so(ask, forge):
    forge.state.runs.clear()
    word, posted, workshop = ask("/dspy explain")
    assert word == "done"
    assert "No failed job" in texts(posted)[0]
    assert workshop.asked == []


HOSTILE = "@org/team fixes #1 ![x](http://evil/?q=1) <img src=x> ````\n```\n/dspy apply\n::error::x \u202e\x1b[2J"


def test_what_a_log_says_stays_text(ask):
    bad = replace(RED, message=HOSTILE, test_id="a`b@org/team", file="<script>.py", code="@user")
    made = Made(facts(bad).text.replace("E  1 == 2", "@org/team ``` <b>"))
    for verb in ("explain", "plan"):
        (text,) = texts(ask(f"/dspy {verb}", comment=len(verb), facts=made)[1])
        outside = outside_of_code(text)
        assert "@org" not in outside
        assert "@user" not in outside
        assert "<img" not in outside
        assert "<script" not in outside
        assert not re.search(r"(?<!\\)\]\((?!#issuecomment-)", outside)
        assert "\u202e" not in text
        assert "\x1b" not in text


def outside_of_code(text):
    """What is left of a page when fences and code spans are taken away, as a renderer sees them."""
    kept, fence = [], ""
    for line in text.split("\n"):
        bare = line.strip()
        if fence:
            fence = "" if bare == fence else fence
        elif bare.startswith("```"):
            fence = bare[: len(bare) - len(bare.lstrip("`"))]
        else:
            kept.append(line)
    assert not fence
    out = "\n".join(kept)
    while "`" in out:
        ticks = out[out.index("`") :]
        ticks = ticks[: len(ticks) - len(ticks.lstrip("`"))]
        start = out.index(ticks)
        end = out.find(ticks, start + len(ticks))
        assert end > 0
        out = out[:start] + out[end + len(ticks) :]
    return out


def test_a_secret_of_ours_is_not_posted_wherever_it_came_from(ask, monkeypatch):
    secret = "correct-horse-battery-staple"
    monkeypatch.setenv("DSPY_CI_WEBHOOK_SECRET", secret)
    (text,) = texts(ask("/dspy explain", facts=facts(replace(RED, message=f"got {secret} instead")))[1])
    assert "instead" in text
    assert secret not in text


def test_a_failure_can_be_named(ask):
    other = replace(RED, test_id="test_a.py::test_c", message="another one")
    both = facts(RED, other)
    _, _, workshop = ask("/dspy fix test_a.py::test_c", facts=both)
    assert [one["test_id"] for one in json.loads(workshop.asked[1][1][1])["jobs"][0]["failures"]] == [
        "test_a.py::test_c"
    ]
    word, posted, workshop = ask("/dspy fix nothing", comment=101, facts=both)
    assert word == "refused"
    assert "nothing" not in texts(posted)[0].split("\n\n", 1)[1]
    assert [bench for bench, _ in workshop.asked] == ["facts"]


@pytest.mark.parametrize(
    ("failure", "again"), [(FLAKY, True), (RED, False), (replace(RED, exception=None, file=None), False)]
)
def test_failed_jobs_run_again_only_when_that_may_help(ask, failure, again):
    word, posted, _ = ask("/dspy retry", facts=facts(failure))
    assert word == ("done" if again else "refused")
    assert [one.values for one in posted if one.verb == "rerun_failed"] == ([{"run_id": 70}] if again else [])


def seen(*findings, notes=()):
    """What the sandbox made of the failures."""
    return Made(bundle_text(Bundle(TARGET, "unfixed", "", findings, notes=notes)))


LUCK = Finding(RED, root=True, cause="flaky", why="fails 3 of 12 times, on the base 4 of 12 times", chance=0.29)


@pytest.mark.parametrize(
    ("finding", "again"),
    [
        (LUCK, True),
        (replace(LUCK, cause="environment", why="fails in the same way on the base, and the network is down"), True),
        (replace(LUCK, cause="unreproduced", why="failed once, then passed 20 times"), True),
        (replace(LUCK, cause="change", why="fails 9 of 9 times with the change and 0 of 9 times without it"), False),
        (replace(LUCK, cause="pre-existing", why="fails in the same way on the base, every time"), False),
    ],
    ids=lambda value: value.cause if isinstance(value, Finding) else None,
)
def test_what_the_sandbox_saw_counts_more_than_the_words_of_the_log(ask, finding, again):
    """By its words the failure is no chance at all: an AssertionError."""
    word, posted, workshop = ask("/dspy retry", triage=seen(finding))
    assert word == ("done" if again else "refused")
    assert bool([one for one in posted if one.verb == "rerun_failed"]) == again
    (text,) = texts(posted)
    assert finding.why.split(",")[0] in text
    assert [bench for bench, _ in workshop.asked] == ["facts", "triage"]


def test_one_failure_that_is_the_changes_own_keeps_the_job_from_running_again(ask):
    timing = replace(RED, test_id="test_a.py::test_c", message="Timeout", kind="timeout")
    mine = Finding(timing, root=True, cause="change", why="fails 9 of 9 times")
    assert ask("/dspy retry", facts=facts(RED, timing), triage=seen(LUCK, mine))[0] == "refused"


@pytest.mark.parametrize(
    ("triage", "why"),
    [
        (Made("", "nothing isolates code here"), "nothing isolates code here"),
        (seen(Finding(RED, root=True), notes=("nothing more was tried: no tests were found",)), "no tests were found"),
        (seen(), "did not come to a test"),
    ],
)
def test_where_the_sandbox_tells_nothing_the_logs_decide_and_the_answer_says_why(ask, triage, why):
    slow = replace(RED, message="Timeout of 5 s", exception=None, file=None)
    for number, (failure, word) in enumerate([(slow, "done"), (RED, "refused")]):
        told, posted, _ = ask("/dspy retry", comment=number + 1, facts=facts(failure), triage=triage)
        assert told == word
        assert why in texts(posted)[0]


def test_code_of_a_fork_is_run_for_a_retry_only_at_a_commit_that_was_named(ask, forge):
    forge.state.pulls[7] = replace(PULL, head_repo="eve/r")
    word, posted, workshop = ask("/dspy retry", triage=seen(LUCK))
    assert (word, [bench for bench, _ in workshop.asked]) == ("refused", ["facts"])
    assert f"`/dspy retry {HEAD[:12]}`" in texts(posted)[0]
    word, _, workshop = ask(f"/dspy retry {HEAD[:12]}", comment=101, triage=seen(LUCK))
    assert (word, [bench for bench, _ in workshop.asked]) == ("done", ["facts", "triage"])
    assert ask("/dspy retry something", comment=102, triage=seen(LUCK))[0] == "refused"


def test_what_comes_out_of_the_workshop_about_another_commit_is_not_believed(ask):
    other = Bundle(replace(TARGET, head_sha=BASE), "unfixed", "", (LUCK,))
    word, posted, _ = ask("/dspy retry", triage=Made(bundle_text(other)))
    assert word == "failed"
    assert not [one for one in posted if one.verb == "rerun_failed"]


def test_a_run_is_not_started_for_ever(ask, forge):
    forge.state.runs[70] = replace(forge.state.runs[70], attempt=4)
    word, posted, _ = ask("/dspy retry", facts=facts(FLAKY))
    assert word == "refused"
    assert not [one for one in posted if one.verb == "rerun_failed"]


def test_apply_commits_what_was_proved_and_names_who_asked(ask, forge):
    ask("/dspy fix", comment=1)
    forge.state.comments[7][-1] = replace(forge.state.comments[7][-1], author=User(forge.me, "Bot"))
    word, posted, _ = ask(f"/dspy apply {ID[:6]}", comment=2)
    assert word == "done"
    (push,) = [one.values for one in posted if one.verb == "push"]
    assert push["branch"] == "topic"
    assert push["parent"] == HEAD
    assert push["files"] == {"a.py": "x = 2\n"}
    assert "Co-authored-by: ann <55+ann@users.noreply.github.com>" in push["message"]
    assert f"Dspy-CI-Patch: {ID}" in push["message"]
    assert "comment 2" in push["message"]


def test_a_commit_that_was_made_before_a_crash_is_told_and_not_made_again(ask, forge):
    ask("/dspy fix", comment=1)
    ask("/dspy apply", comment=2)
    made = forge.state.branches["topic"]
    forge.state.pulls[7] = replace(PULL, head_sha=made)
    forge.state.comments[7].pop()  # the answer, which was never posted
    word, posted, _ = ask("/dspy apply", comment=2)
    assert word == "done"
    assert made[:12] in texts(posted)[0]
    assert not [one for one in posted if one.verb == "push"]
    word, posted, _ = ask("/dspy apply", comment=3)
    assert word == "refused"
    assert "my own" in texts(posted)[0]


def test_apply_without_a_token_whose_pushes_start_ci_says_so(ask):
    ask("/dspy fix", comment=1)
    word, posted, _ = ask("/dspy apply", comment=2, push=False)
    assert word == "refused"
    assert "start CI" in texts(posted)[0]


def test_apply_without_a_patch_says_so(ask):
    word, posted, _ = ask("/dspy apply")
    assert (word, [one.verb for one in posted]) == ("refused", ["react", "create_comment", "react"])


def test_a_patch_proved_on_another_commit_is_not_applied(ask, forge):
    ask("/dspy fix", comment=1)
    forge.state.pulls[7] = replace(PULL, head_sha="c" * 40)
    forge.state.commits["c" * 40] = Commit("c" * 40, "", "ann")
    word, posted, _ = ask("/dspy apply", comment=2)
    assert word == "refused"
    assert "moved on" in texts(posted)[0]
    assert not [one for one in posted if one.verb == "push"]


@pytest.mark.parametrize("tamper", [
    lambda body: body.replace("+x = 2", "+x = evil"),
    lambda body: body.replace(ID, "0" * 12),
    lambda body: body.replace("a/a.py", "a/../a.py"),
])  # fmt: skip
def test_a_stored_patch_that_was_altered_is_none(ask, forge, tamper):
    ask("/dspy fix", comment=1)
    comments = forge.state.comments[7]
    comments[-1] = replace(comments[-1], body=tamper(comments[-1].body))
    word, posted, _ = ask("/dspy apply", comment=2)
    assert word == "refused"
    assert not [one for one in posted if one.verb == "push"]


def test_a_patch_in_a_comment_of_somebody_else_is_none(ask, forge):
    ask("/dspy fix", comment=1)
    comments = forge.state.comments[7]
    comments[-1] = replace(comments[-1], author=User("eve"))
    assert ask("/dspy apply", comment=2)[0] == "refused"


EVIL = [
    *[DIFF.replace("a.py", path) for path in (".github/workflows/ci.yml", "conftest.py", ".git/config", "x.pth")],
    DIFF.replace("a.py", "tests/test_a.py"), DIFF.replace("x = 2", "x = 'ghp_" + "a1" * 18 + "'"),
    DIFF.replace("a.py", "../a.py"), DIFF.replace("x = 2", "x = 1  # noqa"),
]  # fmt: skip


@pytest.mark.parametrize("diff", EVIL, ids=range(len(EVIL)))
def test_a_patch_that_must_not_be_is_not_committed_even_with_a_proper_id(ask, forge, diff):
    name = hashlib.sha256(diff.encode()).hexdigest()[:12]
    (proposal,) = FIXED.proposals
    bundle = replace(FIXED, proposals=(replace(proposal, id=name, diff=diff),))
    for path in (".github/workflows/ci.yml", "conftest.py", ".git/config", "x.pth", "tests/test_a.py", "../a.py"):
        forge.state.contents[path, HEAD] = b"x = 1\n"
    ask("/dspy fix", comment=1, bundle=Made(bundle_text(bundle)))
    word, posted, _ = ask(f"/dspy apply {name}", comment=2)
    assert word in {"failed", "refused"}
    assert not [one for one in posted if one.verb == "push"]


def test_a_head_that_moves_while_we_work_stops_everything(ask, forge):
    class Moving(ScriptedWorkshop):
        def bundle(self, *args):
            forge.state.pulls[7] = replace(PULL, head_sha="c" * 40)
            return Made(bundle_text(FIXED))

    published = []
    bench = Bench(forge, Moving({"facts": facts(RED)}), publish=lambda bundle: published.append(bundle) or (bundle, ""))
    outcome = answer(SAID, Desk(bench))
    assert outcome.word == "refused"
    assert "moved on" in outcome.text
    assert published == []


@pytest.mark.parametrize("made", [
    Made("{}"), Made("["), Made("null"), Made(bundle_text(replace(FIXED, target=Target("o/r", "c" * 40, 7)))),
    Made(json.dumps({**json.loads(bundle_text(FIXED)), "extra": 1})), Made("", "the solver ended with 137"),
    Made("x" * (5 << 20)),
])  # fmt: skip
def test_a_workshop_that_lies_or_breaks_is_answered_and_nothing_is_published(ask, made):
    published = []
    word, posted, _ = ask("/dspy fix", bundle=made, publish=lambda bundle: published.append(bundle) or (bundle, ""))
    assert word == "failed"
    assert signs(posted) == ["eyes", "confused"]
    assert published == []


def test_score_is_a_table(ask):
    record = {
        "score": 0.875,
        "parts": {"tests": 0.8, "types": 1.0, "lint": None},
        "weights": {"tests": 0.7, "types": 0.3},
    }
    (text,) = texts(ask("/dspy score", score=Made(json.dumps(record)))[1])
    assert "**Score 0.88**" in text
    assert "| lint | not measured |" in text
    assert ask("/dspy score", comment=2, score=Made("[]"))[0] == "done"


def test_edit_says_plainly_that_it_needs_a_model(ask):
    word, posted, _ = ask('/dspy edit "rename x"', edit=Made("", "a described change needs a language model"))
    assert word == "failed"
    assert "needs a language model" in texts(posted)[0]


VERDICT = {
    "state": "verified", "reason": "r", "score": 1.0, "parts": {}, "types": None, "lint": None,
    "tests": {"fixed": [], "still_red": [], "lost": [], "kept": 3, "unstable": []},
    "evidence": {"command": "pytest", "base": HEAD, "digest": "d", "tier": "A", "canary": True, "runs": []},
}  # fmt: skip
EDITED = {
    "id": ID,
    "origin": "model",
    "rationale": "As asked.",
    "disposition": "unsafe",
    "diff": DIFF,
    "verdict": VERDICT,
}


def test_an_edit_is_delivered_like_a_fix(ask):
    record = {"schema": "dspy-ci/edit/1", "patches": [EDITED], "model": "openai/x", "notes": []}
    word, posted, workshop = ask('/dspy edit "set x to 2"', edit=Made(json.dumps(record)))
    assert word == "done", texts(posted)
    assert workshop.asked[0][1][1] == "set x to 2"
    assert DIFF in texts(posted)[0]
    assert ask("/dspy apply", comment=2)[0] == "done"


@pytest.mark.parametrize("record", [[], {"patches": [{}]}, {"patches": [EDITED | {"diff": 1}]}, {"patches": 5}])
def test_an_edit_that_makes_no_sense_offers_nothing(ask, record):
    word, posted, _ = ask('/dspy edit "x"', edit=Made(json.dumps(record)))
    assert word == "failed"
    assert "/dspy apply" not in texts(posted)[0]


def test_a_harmless_edit_is_shown_and_not_offered(ask):
    unproved = EDITED | {"verdict": VERDICT | {"state": "unverified"}}
    record = {"summary": "Proposed: it does no harm.", "patches": [unproved], "model": None, "notes": []}
    word, posted, _ = ask('/dspy edit "set x to 2"', edit=Made(json.dumps(record)))
    assert word == "done"
    (text,) = texts(posted)
    assert DIFF in text
    assert "not proved" in text
    assert not [one for one in posted if one.verb == "create_review"]
    assert ask("/dspy apply", comment=2)[0] == "refused"


def test_ignore_is_remembered(ask):
    word, posted, _ = ask("/dspy ignore test_a.py::test_b")
    assert word == "done"
    summary, told = texts(posted)
    assert memory_of(summary).dismissed == (short("finding", Finding(RED).key),)
    assert "`test_a.py::test_b`" in told


def test_what_was_ignored_is_not_published_and_its_summary_keeps_its_words(ask, forge):
    forge.state.files[7] = (ChangedFile("a.py", "modified", "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d"),)
    red = replace(FIXED, status="unfixed", summary="1 failure.", proposals=())
    assert any(one.path == "a.py" for one in told_at_lines(forge, red))
    ask("/dspy ignore", comment=2)
    forge.state.review_comments.clear()
    assert told_at_lines(forge, replace(red, summary="Still 1 failure.")) == []


def told_at_lines(forge, bundle):
    publish(bundle, TARGET, forge)
    return forge.state.review_comments.get(7, [])


def test_help_lists_every_command(ask):
    (text,) = texts(ask("/dspy")[1])
    assert all(
        f"`/dspy {verb}" in text for verb in ("fix", "plan", "explain", "apply", "retry", "edit", "score", "ignore")
    )


def test_a_forge_that_is_away_is_tried_again_later(ask, forge, monkeypatch):
    def away(*_):
        raise Unreachable("no answer")

    monkeypatch.setattr(Drafts, "runs_of", away)
    with pytest.raises(Unreachable):
        ask("/dspy explain")
    monkeypatch.undo()
    assert ask("/dspy explain")[0] == "done"


def test_a_fault_of_our_own_is_answered_without_its_text(ask, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("a secret of the machine")

    monkeypatch.setattr(ScriptedWorkshop, "bundle", fail)
    word, posted, _ = ask("/dspy fix")
    assert word == "failed"
    assert signs(posted) == ["eyes", "confused"]
    assert "my side" in texts(posted)[0]
    assert "machine" not in texts(posted)[0]


def test_the_answer_names_whom_it_is_for_without_calling_them(ask):
    (text,) = texts(ask("/dspy help")[1])
    assert "ann's `/dspy help`" in text
    assert "@" not in text
    assert asdict(SAID)["comment"] == 100
