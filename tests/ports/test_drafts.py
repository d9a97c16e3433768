import pytest

from dspy_ci.errors import Forbidden, NotFound, Refused
from dspy_ci.ports.drafts import Drafts, State, snapshot
from dspy_ci.ports.forge import ChangedFile, PullRequest, Remark, User
from dspy_ci.ports.hunklines import right_lines

PATCH = "@@ -1,3 +1,4 @@\n a\n-b\n+B\n+C\n d\n@@ -20 +21,2 @@ def f():\n x\n+@@ -1 +1 @@\n\\ No newline at end of file"
PULL = PullRequest(7, "t", User("eve"), "h" * 40, "topic", "o/r", "b" * 40, "main", "o/r")


def drafts(**options):
    return Drafts(State(pulls={7: PULL}, files={7: (ChangedFile("a.py", "modified", PATCH),)}), **options)


def review(forge, *remarks):
    return forge.create_review(7, commit=PULL.head_sha, body="", remarks=remarks)


def test_only_lines_that_the_patch_shows_on_the_right_count():
    assert right_lines(PATCH) == {1: 1, 2: 1, 3: 1, 4: 1, 21: 2, 22: 2}


def test_a_patch_that_only_removes_shows_its_context():
    assert right_lines("@@ -1,2 +1 @@\n a\n-b") == {1: 1}
    assert right_lines("@@ -1,2 +0,0 @@\n-a\n-b") == {}


@pytest.mark.parametrize(
    "remark",
    [
        Remark("a.py", "x", line=5),
        Remark("b.py", "x", line=1),
        Remark("a.py", "x", line=4, start_line=4),
        Remark("a.py", "x", line=21, start_line=4),
    ],
    ids=["out of the diff", "other file", "start equals line", "two hunks"],
)
def test_one_wrong_remark_refuses_the_whole_review(remark):
    forge = drafts()
    with pytest.raises(Refused):
        review(forge, Remark("a.py", "good", line=2), remark)
    assert not forge.posted
    assert not forge.review_comments(7)


def test_what_is_posted_is_recorded_and_can_be_read_back():
    forge = drafts()
    posted = review(forge, Remark("a.py", "good", line=3, start_line=2))
    assert [comment.body for comment in posted.comments] == ["good"]
    assert forge.review_comments(7) == posted.comments
    assert [posting.verb for posting in forge.posted] == ["create_review"]
    forge.update_comment(posted.comments[0].id, "better", talk="review")
    assert forge.review_comments(7)[0].body == "better"
    forge.delete_comment(posted.comments[0].id, talk="review")
    assert not forge.review_comments(7)


def test_a_verb_that_is_forbidden_names_the_permission():
    forge = drafts(forbidden={"create_comment": "issues: write"})
    with pytest.raises(Forbidden) as caught:
        forge.create_comment(7, "hello")
    assert caught.value.permission == "issues: write"
    assert not forge.posted


def test_what_is_not_there_is_said():
    with pytest.raises(NotFound, match="pull request #8"):
        drafts().pull(8)


def test_nothing_is_pushed_over_somebody_elses_commit():
    forge = Drafts(State(branches={"topic": "a" * 40}))
    made = forge.push(branch="topic", parent="a" * 40, message="m", files={"a.py": b"x\n"})
    with pytest.raises(Refused):
        forge.push(branch="topic", parent="a" * 40, message="m", files={"a.py": b"y\n"})
    assert forge.branch("topic") == made.sha


def test_a_snapshot_holds_what_delivery_looks_at():
    state = snapshot(drafts(), 7)
    assert state.pulls == {7: PULL}
    assert state.files[7][0].path == "a.py"
