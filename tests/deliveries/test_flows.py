"""Whole deliveries to GitHub on the loopback, on good days and on bad ones."""

import pytest
from bundles import DIFF, TARGET, TEST, bundle, elsewhere, finding, mended, moved, proposal
from fakegithub import BASE, PATCH, QUICK

from dspy_ci.adapters.github.forge import GitHub
from dspy_ci.deliveries.publishing import publish
from dspy_ci.errors import UsageError

BUDGET = 12
"""Requests of one delivery to a pull request that has no more than a hundred of anything; see docs/github.md."""
MANY = "@@ -0,0 +1,200 @@\n" + "\n".join(f"+line {n}" for n in range(1, 201))


def rungs(done):
    return [rung for _, rung in done.landed]


def delivered(done, wanted):
    """Whatever happened, every finding arrived somewhere, and so did the patch."""
    assert len(done.landed) == len(wanted.findings) + bool(wanted.best)
    for one in done.bundle.findings:
        assert one.failure.test_id in done.page
    return rungs(done)


def test_a_proved_patch_becomes_a_suggestion_and_one_summary(hub, forge):
    done = publish(mended(), TARGET, forge, run_url="https://github.com/o/r/actions/runs/42")
    assert delivered(done, mended()) == ["suggestion", "suggestion"]
    (remark,) = hub.state.review_comments
    assert "```suggestion\n    return sum(items)\n```" in remark["body"]
    assert (remark["line"], remark["start_line"]) == (3, None)
    (said,) = hub.state.comments
    assert said["body"].split("\n")[1].startswith("### ✅ Mended: 1 failing test passed")
    assert hub.state.reviews[0]["commit_id"] == TARGET.head_sha
    assert done.comment.id == said["id"]
    assert not hub.state.checks


def test_requests_stay_within_the_budget(hub, forge):
    publish(mended(), TARGET, forge)
    assert forge.requests <= BUDGET
    first = forge.requests
    publish(mended(), TARGET, forge)
    assert forge.requests - first <= BUDGET


def test_three_runs_say_a_thing_once(hub, forge):
    publish(mended(), TARGET, forge)
    before = len(hub.writes)
    for _ in range(2):
        done = publish(mended(), TARGET, forge)
        assert rungs(done) == ["standing", "standing"]
        assert not done.posted
    assert len(hub.writes) == before
    assert len(hub.state.comments) == len(hub.state.review_comments) == 1


def test_three_runs_of_a_diagnosis_make_one_check(hub, forge):
    wanted = bundle(finding(file="other.py"))
    for _ in range(3):
        assert delivered(publish(wanted, TARGET, forge), wanted) == ["annotation"]
    assert len(hub.state.checks) == 1
    assert len(hub.state.comments) == 1


def test_a_token_that_may_not_ask_its_name_makes_no_second_comment(hub, forge):
    hub.viewer = False
    for turn in range(1, 4):
        publish(mended(), TARGET, forge)
        assert forge.requests <= turn * (BUDGET + 3)
    assert len(hub.state.comments) == 1
    assert len(hub.state.review_comments) == 1


def test_an_app_is_known_with_and_without_its_suffix(hub, forge):
    publish(mended(), TARGET, forge)
    me, hub.me = hub.me, "github-actions"
    publish(mended(), TARGET, forge)
    hub.me = me
    assert len(hub.state.comments) == 1


def test_a_new_head_edits_the_summary_and_keeps_what_holds(hub, forge):
    publish(mended(), TARGET, forge)
    target = moved(TARGET, head_sha="3" * 40)
    hub.state.pull["head"]["sha"] = target.head_sha
    publish(mended().__class__(**{**_fields(mended()), "target": target}), target, forge)
    assert len(hub.state.comments) == 1
    assert "3" * 12 in hub.state.comments[0]["body"]
    assert len(hub.state.review_comments) == 1


def _fields(record):
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def test_what_is_settled_is_taken_away_unless_it_was_answered(hub, forge):
    wanted = bundle(elsewhere(1, line=21), elsewhere(2, line=22))
    publish(wanted, TARGET, forge)
    first, second = hub.state.review_comments
    answer = hub.comment("why?", login="ann", kind="User", in_reply_to_id=first["id"], path="app.py", line=21)
    hub.state.review_comments.append(answer)
    publish(bundle(status="green", summary="Nothing is red."), TARGET, forge)
    bodies = [one["body"] for one in hub.state.review_comments]
    assert second["body"] not in bodies
    assert "Outdated" in bodies[0]
    assert "✅" in hub.state.comments[0]["body"]


def test_green_says_nothing_where_nothing_was_said(hub, forge):
    done = publish(bundle(status="green", summary="Nothing is red."), TARGET, forge)
    assert not hub.writes
    assert not done.posted
    assert done.page.startswith("### ✅ Nothing is red")


@pytest.mark.parametrize("how", ["resolved", "taken away"])
def test_what_people_did_not_want_stays_away(hub, forge, how):
    publish(mended(), TARGET, forge)
    (remark,) = hub.state.review_comments
    if how == "resolved":
        hub.state.resolved.add(remark["id"])
    else:
        hub.state.review_comments.clear()
    for _ in range(2):
        assert rungs(publish(mended(), TARGET, forge)) == ["dismissed", "dismissed"]
    assert len(hub.counted("POST", "/reviews$")) == 1


def test_a_forged_mark_of_somebody_else_means_nothing(hub, forge):
    publish(mended(), TARGET, forge)
    eve = {"login": "eve", "kind": "User"}
    forged = [hub.comment(one["body"], **eve, path="app.py", line=3) for one in hub.state.review_comments]
    summary = hub.comment(hub.state.comments[0]["body"], **eve)
    hub.state.comments, hub.state.review_comments = [summary], forged
    hub.state.resolved.add(forged[0]["id"])
    done = publish(mended(), TARGET, forge)
    assert rungs(done)[0] == "suggestion"
    assert summary in hub.state.comments
    assert forged[0] in hub.state.review_comments
    assert len(hub.state.comments) == 2


@pytest.mark.parametrize("culprits", [1, 2, 5])
def test_one_wrong_comment_of_thirty_loses_none(hub, forge, culprits):
    hub.state.files = [{"filename": "app.py", "status": "added", "patch": MANY}]
    hub.poison = "|".join(f"`broken {'x' * n}`" for n in range(1, culprits + 1))
    wanted = bundle(*(elsewhere(n, line=n) for n in range(1, 31)))
    done = publish(wanted, TARGET, forge)
    found = delivered(done, wanted)
    assert found.count("line") == 30 - culprits
    assert found.count("annotation") == culprits
    splits = len(hub.counted("POST", "/reviews$")) - 1
    assert splits <= 15
    assert forge.requests <= BUDGET + 2 * splits
    assert len(hub.state.review_comments) == 30 - culprits


def test_a_comment_that_is_swallowed_arrives_lower(hub, forge):
    hub.swallow = "Verified fix"
    done = publish(mended(), TARGET, forge)
    assert "suggestion" not in delivered(done, mended())
    assert any("did not arrive" in note for note in done.notes)


def test_more_than_the_caps_arrives_lower(hub, forge):
    hub.state.files = [{"filename": "app.py", "status": "added", "patch": MANY}]
    wanted = bundle(*(elsewhere(n, line=n) for n in range(1, 91)))
    found = delivered(publish(wanted, TARGET, forge), wanted)
    assert found.count("line") == 30
    assert found.count("file") == 10
    assert found.count("annotation") == 50
    assert forge.requests <= BUDGET + 10
    assert len(hub.state.checks[0]["output"]["annotations"]) == 50


@pytest.mark.parametrize(
    ("lacking", "expected"),
    [
        ({"pull_requests"}, "annotation"),
        ({"pull_requests", "checks"}, "annotation"),
        ({"pull_requests", "checks", "issues"}, "annotation"),
        ({"issues"}, "suggestion"),
    ],
)
def test_a_missing_permission_moves_things_down_and_is_named(hub, forge, lacking, expected):
    hub.scopes -= lacking
    done = publish(mended(), TARGET, forge)
    assert delivered(done, mended()) == [expected] * 2
    assert any("write" in note for note in done.notes)
    assert bool(done.commands) == ("checks" in lacking)


def test_forbidden_after_the_first_request_loses_nothing(hub, forge):
    wanted = bundle(*(elsewhere(n) for n in range(1, 30)))
    hub.trouble("POST", "", "403", times=99)
    done = publish(wanted, TARGET, forge)
    found = delivered(done, wanted)
    assert found.count("annotation") == 10  # what one step can say
    assert found.count("summary") == 19
    assert len(done.commands) == 10


@pytest.mark.parametrize("where", ["/reviews$", "/issues/7/comments$", "/check-runs$", "/pulls/7/comments$"])
@pytest.mark.parametrize(
    "kind", ["500", "502", "cut", "done, then cut", "secondary", "primary", "slow", "secondary, long"]
)
def test_a_bad_day_loses_nothing_and_says_nothing_twice(hub, forge, where, kind):
    wanted = bundle(finding(), elsewhere(2, line=200), elsewhere(3, file="other.py"), patches=(proposal(),))
    hub.trouble("POST", where, kind)
    delivered(publish(wanted, TARGET, forge), wanted)
    delivered(publish(wanted, TARGET, forge), wanted)
    bodies = [one["body"] for one in (*hub.state.comments, *hub.state.review_comments)]
    assert len(bodies) == len(set(bodies))
    assert len(hub.state.comments) == 1
    assert sum("suggestion\n" in one for one in bodies) == 1


@pytest.mark.parametrize("kind", ["502", "cut", "half", "nonsense", "no json", "403"])
@pytest.mark.parametrize("where", ["/pulls/7$", "/files$", "/issues/7/comments$", "/pulls/7/comments$", "/graphql$"])
def test_what_cannot_be_read_stops_nothing(hub, forge, where, kind):
    hub.trouble("POST" if "graphql" in where else "GET", where, kind, times=99)
    done = publish(mended(), TARGET, forge)
    delivered(done, mended())
    assert done.notes or rungs(done) == ["suggestion", "suggestion"]


def test_many_comments_of_others_are_read_page_by_page(hub, forge):
    hub.state.comments = [hub.comment(f"talk {n}", login="ann", kind="User") for n in range(230)]
    for _ in range(2):
        publish(mended(), TARGET, forge)
    assert len(hub.state.comments) == 231
    assert forge.requests <= 2 * (BUDGET + 2)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"head": {"sha": BASE, "ref": "topic", "repo": {"full_name": "o/r"}}}, "moved on"),
        ({"state": "closed"}, "closed"),
        ({"base": {"sha": BASE, "ref": "main", "repo": {"full_name": "eve/r"}}}, "another repository"),
    ],
)
def test_what_has_changed_meanwhile_is_left_alone(hub, forge, change, why):
    hub.state.pull |= change
    done = publish(mended(), TARGET, forge)
    assert not hub.writes
    assert why in done.notes[0]
    assert why in done.page
    delivered(done, mended())


def test_without_a_token_everything_is_in_the_page(hub):
    done = publish(mended(), TARGET, None)
    assert delivered(done, mended()) == ["annotation", "annotation"]
    assert DIFF.split("\n")[6] in done.page
    assert f"git apply dspy-ci-bundle/{mended().best.id}.patch" in done.page


def test_without_a_pull_request_there_is_a_check(hub, forge):
    target = moved(TARGET, pull=None)
    wanted = mended().__class__(**{**_fields(mended()), "target": target})
    assert delivered(publish(wanted, target, forge), wanted) == ["annotation", "annotation"]
    assert hub.state.checks[0]["head_sha"] == TARGET.head_sha
    assert not hub.state.comments


def test_what_the_change_did_not_cause_is_not_put_at_its_lines(hub, forge):
    wanted = bundle(
        finding(cause="flaky", chance=0.3, why="fails 3 of 10 times with the change and 3 of 10 times without it"),
        elsewhere(2, cause="pre-existing", why="fails in the same way on the base, every time"),
        elsewhere(3, cause="environment", why="fails in the same way on the base, and the network is down"),
    )
    done = publish(wanted, TARGET, forge)
    assert delivered(done, wanted) == ["summary"] * 3
    assert not hub.state.review_comments
    assert not hub.state.checks
    said = hub.state.comments[0]["body"]
    assert (
        "Not caused by this change: 1 failure red without it too, 1 failure flaky, 1 failure due to the environment"
        in said
    )
    assert "caused by this change:" not in said.replace("Not caused by this change:", "")


def test_a_patch_of_two_places_is_two_parts_of_one(hub, forge):
    diff = DIFF + "@@ -20,3 +20,3 @@\n x = 1\n-y = 2\n+y = 3\n z = 3\n"
    wanted = bundle(finding(), patches=(proposal(diff),))
    publish(wanted, TARGET, forge)
    bodies = [one["body"] for one in hub.state.review_comments]
    assert ["Part 1 of 2" in bodies[0], "Part 2 of 2" in bodies[1]] == [True, True]
    assert len(hub.state.reviews) == 1


def test_a_part_of_a_patch_is_never_offered_alone(hub, forge):
    diff = DIFF + "@@ -50,3 +50,3 @@\n a = 1\n-b = 2\n+b = 3\n c = 3\n"
    wanted = bundle(finding(), patches=(proposal(diff),))
    done = publish(wanted, TARGET, forge)
    assert delivered(done, wanted) == ["line", "line"]
    assert "```suggestion" not in hub.state.review_comments[0]["body"]
    assert "b = 3" in hub.state.review_comments[0]["body"]


def test_a_patch_for_other_lines_than_the_diff_shows_is_no_suggestion(hub, forge):
    hub.state.files[0]["patch"] = PATCH.replace("sum(items) - 1", "sum(items) - 2")
    assert "suggestion" not in delivered(publish(mended(), TARGET, forge), mended())


@pytest.mark.parametrize("other", [{"head_sha": BASE}, {"pull": 8}, {"pull": None}, {"repository": "eve/r"}], ids=str)
def test_a_bundle_about_something_else_is_refused(hub, forge, other):
    with pytest.raises(UsageError, match="refused"):
        publish(mended(), moved(TARGET, **other), forge)
    assert not hub.asked


def test_a_long_story_fits_into_one_comment(hub, forge):
    log = "\n".join("e" * 90 for _ in range(40))
    some = (elsewhere(n, test_id=f"{TEST}[{n}-{'t' * 200}]", excerpt=log, root=n < 20) for n in range(280))
    wanted = bundle(*some)
    done = publish(wanted, TARGET, forge)
    said = hub.state.comments[0]["body"]
    assert len(said) <= 65_536
    assert "Cut:" in said
    assert said.count("```") % 2 == 0
    assert said.count("<details>") == said.count("</details>")
    assert len(done.page.encode()) < 1 << 20


def test_the_pace_of_writing_is_what_github_asks_for(hub):
    assert QUICK.between_writes == 0
    assert GitHub("o/r", "x", api=hub.url)._client.pace.between_writes == 1.0


def test_the_description_of_the_api_can_say_no(api):
    path = "/repos/o/r/pulls/7/reviews"
    assert api.problems("POST", path, "", {"event": "COMMENT", "body": "x"}) == []
    assert api.problems("POST", path, "", {"event": "PERHAPS"})
    assert api.problems("POST", path, "", {"surprise": 1})
    assert api.problems("GET", "/repos/o/r/pulls", "state=sideways", None)
    assert api.problems("GET", "/repos/o/r/nowhere", "", None)
