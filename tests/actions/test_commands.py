"""The workflow that obeys commands in comments, executed on events of GitHub."""

from pathlib import Path

import pytest
import yaml

from tests.actions.conftest import GREEN, RED
from tests.actions.runner import workflow
from tests.actions.runner.expressions import filled
from tests.actions.runner.forge import Forge, serving

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def forge(repository, git, described):
    """`acme/shelf` with a pull request, on which Ada may write."""
    root = repository(GREEN, RED, name="upstream")
    shas = git(root, "rev-parse", "HEAD~1", "HEAD").split()
    repo = {"full_name": "acme/shelf"}
    pull = {
        "number": 7, "title": "Shorter", "user": {"login": "ada", "type": "User"}, "state": "open", "draft": False,
        "head": {"sha": shas[1], "ref": "topic", "repo": repo}, "base": {"sha": shas[0], "ref": "main", "repo": repo},
    }  # fmt: skip
    with serving(Forge(str(root), pull, people={"ada": "write"}, api=described)) as made:
        yield made


@pytest.fixture
def say(forge, environ, store, tmp_path, installed):
    """Run the workflow on a comment; returns what ran."""

    def go(body, *, login="ada", kind="User", on_pull=True, action="created", tag="run"):
        repo = {"full_name": "acme/shelf", "name": "shelf", "owner": {"login": "acme", "type": "Organization"}, "id": 1}
        user = {"login": login, "type": kind, "id": 5}
        at = "2026-01-02T03:04:05Z"
        comment = {
            "id": 77,
            "body": body,
            "user": user,
            "author_association": "MEMBER",
            "created_at": at,
            "updated_at": at,
        }
        issue = {"number": 7, "user": user, "state": "open", **({"pull_request": {"url": "x"}} if on_pull else {})}
        event = {"action": action, "comment": comment, "issue": issue, "repository": repo, "sender": user}
        forge.comments[:] = [one for one in forge.comments if one["id"] != 77] + [comment]
        store["remote"]["acme/shelf"] = forge.root
        installed(tmp_path / tag / "respond" / "temp")
        told = {
            "repository": "acme/shelf", "sha": forge.pull["base"]["sha"], "run_id": "12", "event_name": "issue_comment",
            "event": event, "api_url": forge.url, "server_url": forge.url, "ref": "refs/heads/main", "ref_name": "main",
        }  # fmt: skip
        return workflow.run(
            ROOT / "docs/workflows/commands.yml", folder=tmp_path / tag, github=told, environ=environ, store=store,
            on_token=forge.tokens.__setitem__,
        )  # fmt: skip

    return go


def answers(forge):
    return [one["body"] for one in forge.comments if one["id"] != 77]


def test_a_writer_is_answered_with_no_more_rights_than_the_file_asks_for(say, forge):
    ran = say("/dspy help")
    assert ran.results == {"respond": "success"}, ran.jobs["respond"].log
    assert ran.jobs["respond"].last["outputs"]["status"] == "answered"
    assert answers(forge), (ran.jobs["respond"].log, forge.asked)
    (answer,) = answers(forge)
    assert "/dspy fix" in answer, forge.asked
    assert forge.refused == []
    assert {number for number, _ in forge.reactions} == {77}


@pytest.mark.parametrize(
    "said",
    [
        {"body": "looks good to me"},
        {"body": "> /dspy fix"},
        {"body": "/dspy fix", "kind": "Bot", "login": "other[bot]"},
        {"body": "/dspy fix", "on_pull": False},
    ],
    ids=["no word for us", "quoted", "a bot", "an issue"],
)
def test_what_is_no_command_starts_no_job(say, forge, said):
    assert say(**said).results == {"respond": "skipped"}
    assert forge.asked == []


STRANGER = {"body": "/dspy fix", "author_association": "NONE", "id": 9, "user": {"type": "User"}}
WRITER = {"body": "/dspy fix", "author_association": "MEMBER", "id": 8, "user": {"type": "User"}}


@pytest.mark.parametrize(
    ("comment", "in_line"),
    [
        (WRITER, True),
        ({**WRITER, "author_association": "CONTRIBUTOR"}, True),
        ({**WRITER, "body": "looks good"}, False),
        ({**WRITER, "user": {"type": "Bot"}}, False),
        (STRANGER, False),
    ],
)
def test_nobody_pushes_a_command_out_of_the_line_by_talking(comment, in_line):
    """GitHub lets one run of a group wait, and a newer one takes its place."""
    group = yaml.safe_load((ROOT / "docs/workflows/commands.yml").read_text())["concurrency"]["group"]
    told = filled(group, {"github": {"event": {"issue": {"number": 7}, "comment": comment}}})
    assert told == f"commands-7-{'line' if in_line else comment['id']}"


def test_who_may_not_write_is_refused_and_nothing_of_the_pull_request_is_run(say, forge):
    ran = say("/dspy fix $(touch pwned) `touch pwned`", login="mallory")
    job = ran.jobs["respond"]
    assert ran.results == {"respond": "success"}, job.log
    assert forge.remarks == []
    assert not any("reviews" in path for _, method, path in forge.asked if method == "POST")
    assert (77, "confused") in forge.reactions
    assert not list(job.folder.rglob("pwned"))


def test_an_edit_of_a_comment_is_no_command(say, forge):
    ran = say("/dspy fix", action="edited")
    assert ran.results == {"respond": "success"}
    assert answers(forge) == []
    assert forge.reactions == []
