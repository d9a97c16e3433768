"""What GitHub itself gives as examples of its webhooks is understood; what only looks like one is broken."""

import copy

import pytest

from dspy_ci.ports.forge import User
from dspy_ci.requests.said import Broken, Said, said

EVENT = {
    "action": "created",
    "issue": {"number": 7, "pull_request": {"url": "x"}},
    "comment": {
        "id": 100, "body": "/dspy fix", "user": {"login": "ann", "type": "User"}, "author_association": "MEMBER",
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
    },
    "repository": {"full_name": "o/r"},
    "sender": {"login": "ann", "type": "User"},
}  # fmt: skip


def changed(path, value):
    event = copy.deepcopy(EVENT)
    *parents, last = path.split(".")
    place = event
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return event


def test_a_new_comment_on_a_pull_request_is_read():
    assert said("issue_comment", EVENT) == Said("o/r", 7, 100, User("ann"), "MEMBER", "/dspy fix")
    assert said("issue_comment", EVENT | {"installation": {"id": 5}}).installation == 5


@pytest.mark.parametrize("action", ["edited", "deleted", "CREATED", "", 1, None, ["created"]])
def test_only_new_comments_count(action):
    assert isinstance(said("issue_comment", EVENT | {"action": action}), str)


def test_a_comment_that_was_edited_before_we_saw_it_says_so():
    assert said("issue_comment", changed("comment.updated_at", "2026-01-02T03:04:06Z")).edited


def test_a_comment_on_an_issue_or_by_somebody_else_than_the_sender_is_none():
    assert isinstance(said("issue_comment", changed("issue.pull_request", None)), str)
    assert isinstance(said("issue_comment", changed("issue.pull_request", "yes")), str)
    assert isinstance(said("issue_comment", changed("sender.login", "eve")), str)
    assert isinstance(said("issue_comment", changed("sender.type", "Bot")), str)


BROKEN = [
    *[("issue_comment", value) for value in ([], None, "text", 1, True, [EVENT])],
    *[("issue_comment", changed(path, None)) for path in (
        "issue", "comment", "repository", "sender", "issue.number", "comment.id", "comment.body", "comment.user",
        "comment.user.login", "comment.user.type", "comment.author_association", "repository.full_name", "sender.login",
    )],
    *[("issue_comment", changed("repository.full_name", name)) for name in (
        "o", "o/r/x", "../r", "o/..", "o/r\n", "o/r?x=1", "o/r#1", "ö/r", "/r", "o/", "o r/x", 5, "o/r%2f", "x" * 300,
    )],
    *[("issue_comment", changed("issue.number", number)) for number in (0, -1, "7", 7.5, True, 2**64, "7/../8")],
    *[("issue_comment", changed("comment.id", number)) for number in (0, "1", False, 1e3, {"$gt": 0})],
    *[("issue_comment", changed("comment.body", body)) for body in (1, ["/dspy fix"], {"a": "/dspy fix"})],
    *[("issue_comment", changed("comment.user.login", login)) for login in ("", "a b", "a/b", "a\n", "../a", "a?b", 1)],
    *[("issue_comment", changed("installation", value)) for value in (1, {}, {"id": "1"}, {"id": True}, [])],
]  # fmt: skip


@pytest.mark.parametrize(("name", "payload"), BROKEN, ids=range(len(BROKEN)))
def test_a_payload_without_what_we_need_is_broken_in_a_sentence(name, payload):
    with pytest.raises(Broken, match=r"is no|is not what"):
        said(name, payload)


@pytest.mark.parametrize(
    "name", ["", "issues", "pull_request_review_comment", "commit_comment", "ISSUE_COMMENT", "push\n"]
)
def test_no_other_event_is_a_command(name):
    assert isinstance(said(name, EVENT), str)


@pytest.mark.slow
def test_all_examples_of_github_are_understood(examples):
    assert len(examples) > 300
    read = [(name, example, said(name, example)) for name, example in examples]
    for name, example, result in read:
        assert isinstance(result, Said | str)
        if isinstance(result, Said):
            assert name == "issue_comment"
            assert example["action"] == "created"
            assert result.body == example["comment"]["body"]
            assert result.repo == example["repository"]["full_name"]
            assert "pull_request" in example["issue"]
    created = [example for name, example, _ in read if name == "issue_comment" and example["action"] == "created"]
    assert created
    for example in created:
        example["issue"]["pull_request"] = {"url": "x"}
        assert said("issue_comment", example).comment == example["comment"]["id"]
