"""What merged pull requests and suggestions add, from a forge on the loopback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import histories
import pytest
from fakegithub import FakeGitHub, merge

from dspy_ci.adapters.casefiles import CaseFiles
from dspy_ci.commands.mining import _reading, field, remembered
from dspy_ci.commands.pulls import Reading, read_pulls, remembered_pulls, votes
from dspy_ci.errors import Unreachable
from dspy_ci.learn.case import Case
from dspy_ci.learn.counting import Lesson, Option, Vote, counted
from dspy_ci.learn.proposal import Proposal
from dspy_ci.learn.pulls import Pull, Suggestion, pull_record, pulls, read_pull
from dspy_ci.ports.drafts import Drafts, State
from dspy_ci.ports.forge import Comment, Commit, PullRequest, Thread, User
from dspy_ci.ports.history import Commit as Made
from dspy_ci.reports.markdown import suggested, suggestion
from dspy_ci.reports.marks import Memory, remark_mark, summary_mark

BEFORE = "def low(limit, price):\n    return price < limit\n\n\ndef high(limit, price):\n    return price > limit\n"
AFTER = BEFORE.replace("price < limit", "price <= limit")
US = User("dspy-ci[bot]", "Bot")
KEY = "0123456789abcdef"


def remark(number, text, lines=(2, 2), who=US, key=KEY):
    body = f"{remark_mark(key)}\n**Verified fix** for `t`: it compares wrongly.\n\n{suggestion(text)}\n\nProof: x."
    return Comment(number, who, body, path="app.py", commit="c" * 40, lines=lines)


def forge(*at_lines, new=AFTER, threads=(), comments=()):
    """A merged pull request whose file was BEFORE when the suggestions were made."""
    pull = PullRequest(
        3, "Mend `low`", User("ann"), "h" * 40, "topic", "o/r", "b" * 40, "main", "o/r", open=False, body="The limit.",
        merged="m" * 40,
    )  # fmt: skip
    contents = {("app.py", "c" * 40): BEFORE.encode(), ("app.py", "h" * 40): new.encode()}
    state = State(
        {3: pull}, review_comments={3: list(at_lines)}, threads={3: tuple(threads)}, comments={3: list(comments)},
        pull_commits={3: (Commit("c" * 40, "one", "ann"),)}, contents=contents,
    )  # fmt: skip
    return Drafts(state)


def made(*args, **options):
    (pull,) = pulls(forge(*args, **options), 10, ())
    return pull.suggestions


RESOLVED = Thread("T", resolved=True, outdated=False, comments=(1,))


def test_a_suggestion_that_stands_in_the_merged_file_was_taken_and_its_kind_is_known():
    (one,) = made(remark(1, "    return price <= limit"))
    assert (one.id, one.path, one.accepted, one.origin) == (1, "app.py", True, "template:comparison")
    assert {"file:app.py", "statement:Return", "family:comparison"} <= set(one.features)
    assert one.why == "**Verified fix** for `t`: it compares wrongly."


def test_one_that_was_resolved_without_being_taken_was_turned_down():
    (one,) = made(remark(1, "    return price >= limit"), threads=[RESOLVED], new=BEFORE)
    assert not one.accepted
    assert "family:comparison" in one.features


def test_one_that_people_asked_not_to_see_again_was_turned_down():
    said = Comment(9, US, summary_mark(Memory(dismissed=(KEY,))))
    (one,) = made(remark(1, "    return price >= limit"), comments=[said], new=BEFORE)
    assert not one.accepted


@pytest.mark.parametrize(
    "at_line",
    [
        remark(1, "    return price >= limit"),  # nobody has decided
        remark(1, "    return price <= limit", who=User("eve")),  # not ours, whatever it says
        remark(1, "    return price <= limit", lines=None),
        Comment(1, US, f"{remark_mark(KEY)}\nA diagnosis.", path="app.py", commit="c" * 40, lines=(2, 2)),
    ],
    ids=["open", "foreign", "nowhere", "no suggestion"],
)
def test_what_says_nothing_about_us_is_left_out(at_line):
    assert made(at_line) == ()


def test_a_change_that_no_template_makes_counts_and_teaches_nothing():
    (one,) = made(remark(1, "    return bool(price) and True"), threads=[RESOLVED])
    assert (one.accepted, one.origin, one.features) == (False, "", ())
    (gone,) = made(remark(1, "", lines=(3, 4)), new=BEFORE.replace("\n\n\ndef", "\ndef"))
    assert gone.accepted


@pytest.mark.parametrize("text", ["    x = 1", "", "a\nb", "```\nfenced\n```"])
def test_a_committable_block_is_read_back_to_the_letter(text):
    assert suggested(f"Prose.\n\n{suggestion(text)}\n\nProof.") == text


def test_a_pull_request_is_read_back_as_it_was_written():
    said = Suggestion(1, "a.py", accepted=True, why="why", origin="template:x", features=("family:x",))
    whole = Pull(3, "t", "b", "m" * 40, ("c" * 40,), (said,))
    assert read_pull(json.loads(json.dumps(pull_record(whole)))) == whole
    assert read_pull({"schema": "dspy-ci/pull/1", "number": "x"}) is None
    assert read_pull({}) is None


def test_a_forge_that_ends_in_the_middle_has_said_what_it_said(tmp_path):
    class Failing(Drafts):
        def commits(self, number):
            if number == 3:
                raise Unreachable("GitHub did not answer")
            return super().commits(number)

    one = Failing(forge().state)
    one.state.pulls[4] = PullRequest(4, "t", US, "h", "x", None, "b", "main", "o/r", merged="n" * 40)
    first, trouble = pulls(one, 10, ())
    assert (first.number, str(trouble)) == (4, "GitHub did not answer")


def case(sha):
    return Case(Proposal("tests", Made(sha, "p", 1, "s"), ("test_a.py",), ("a.py",)), ("test_a.py::test",))


def test_votes_weigh_a_little_and_both_ways_alike():
    features = ("family:x", "change:x: y")
    lessons = [Lesson("a", (Option(0.5, features, cure=True), Option(0.5, ("family:z",), cure=False)))]
    plain, taken, refused, both = (
        counted(lessons, [Vote(features, accepted=word == "+") for word in words])["family:x"].factor
        for words in ("", "+", "-", "+-")
    )
    assert refused < plain < taken
    assert taken < counted(lessons * 3)["family:x"].factor
    assert both == pytest.approx(plain, rel=0.1)


def test_what_came_with_a_held_out_case_is_not_voted_about():
    suggestions = (Suggestion(1, "a.py", accepted=True, why="", features=("family:x",)),)
    seen, hidden = (Pull(number, "", "", letter * 40, (), suggestions) for number, letter in ((1, "a"), (2, "b")))
    assert len(votes((seen, hidden), [case("b" * 40)])) == 1
    assert len(votes((seen, hidden), [])) == 2
    assert votes([Pull(1, "", "", "a" * 40, (), (Suggestion(1, "a.py", accepted=True, why=""),))], []) == ()


def test_without_a_token_or_a_repository_nothing_is_asked(tmp_path):
    with FakeGitHub() as hub:
        for world in ({}, {"GITHUB_TOKEN": hub.token}, {"GITHUB_REPOSITORY": "o/r"}):
            assert read_pulls(CaseFiles(tmp_path), str, {**world, "GITHUB_API_URL": hub.url}) == Reading()
        assert hub.asked == []


def test_a_forge_that_refuses_costs_a_sentence(tmp_path):
    with FakeGitHub() as hub:
        world = {"GITHUB_TOKEN": "wrong", "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": hub.url}
        said = read_pulls(CaseFiles(tmp_path), str, world)
        assert "the forge was not read to its end: GitHub does not accept the token" in said.trouble
        assert "is no repository" in read_pulls(CaseFiles(tmp_path), str, {**world, "GITHUB_REPOSITORY": "o"}).trouble


def test_what_was_read_once_is_not_asked_again(tmp_path):
    with FakeGitHub() as hub:
        merge(hub, 5, title="One", landed="1" * 40)
        world = {"GITHUB_TOKEN": hub.token, "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": hub.url}
        assert read_pulls(CaseFiles(tmp_path), str, world).new == 1
        merge(hub, 6, title="Two", landed="2" * 40)
        asked = len(hub.counted("GET", "/5/"))
        again = read_pulls(CaseFiles(tmp_path), str, world)
        assert (again.new, [pull.number for pull in again.known]) == (1, [5, 6])
        assert len(hub.counted("GET", "/5/")) == asked > 0


def test_where_nothing_isolates_the_token_is_not_put_at_risk(repository, monkeypatch):
    root = repository({"app.py": BEFORE})
    with FakeGitHub() as hub:
        merge(hub, 5, title="One", landed="1" * 40)
        for name, value in (("TOKEN", hub.token), ("REPOSITORY", "o/r"), ("API_URL", hub.url)):
            monkeypatch.setenv(f"GITHUB_{name}", value)
        with field(root, sandbox="E") as found:
            said = _reading(found, CaseFiles(root / ".dspy_data"))
            assert "could take the token" in said.trouble
            assert hub.asked == []
        with field(root, sandbox="E", allow_unsandboxed=True) as found:
            assert _reading(found, CaseFiles(root / ".dspy_data")).new == 1


APP = {"pyproject.toml": histories.PYPROJECT, "app.py": BEFORE, "test_app.py": "def test_start():\n    assert True\n"}
RED = "from app import low\n\n\ndef test_limit():\n    assert low(3, 3)\n"


def commit(git, root, message):
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)
    return git(root, "rev-parse", "HEAD").strip()


def branches(root, git, write):
    """A merge of two commits that prove something only together, and a squashed branch whose own commit remains."""
    git(root, "checkout", "-qb", "limits")
    write(root, {"test_app.py": RED})
    asked = commit(git, root, "Ask for the limit")
    write(root, {"app.py": AFTER})
    mended = commit(git, root, "Include the limit")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "Merge limits", "limits")
    merged = git(root, "rev-parse", "HEAD").strip()
    git(root, "checkout", "-qb", "highs")
    high = AFTER.replace("price > limit", "price >= limit")
    write(root, {"app.py": high, "test_high.py": "from app import high\n\n\ndef test_high():\n    assert high(3, 3)\n"})
    own = commit(git, root, "High too")
    git(root, "checkout", "-q", "main")
    write(root, {"app.py": high, "README.md": "Limits.\n"})  # it was squashed without its test
    squashed = commit(git, root, "Highs (#6)")
    return (asked, mended, merged), (own, squashed)


@pytest.mark.slow
def test_pull_requests_bring_cases_and_tell_their_stories(repository, git, write):
    root = repository(APP)
    (asked, mended, merged), (own, squashed) = branches(root, git, write)
    plain = json.loads(histories.mined(root, "--cases", "0", "--lint-cmd", "", "--data", str(root / ".plain")).stdout)
    assert "pulls" not in plain
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    with FakeGitHub() as hub:
        merge(hub, 5, title="Low limits", body=f"A price at the limit is {token} fine.", landed=merged, head=mended,
              commits=[asked, mended])  # fmt: skip
        merge(hub, 6, title="High limits", body="So is the other side.", landed=squashed, commits=[own, "d" * 40])
        env = {**os.environ, "GITHUB_TOKEN": hub.token, "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": hub.url,
               "DSPY_CI_ALLOW_UNSANDBOXED": "1", "PYTHONPATH": str(Path(__file__).parents[2])}  # fmt: skip
        words = ("train", "mine", "-q", "--cases", "0", "--lint-cmd", "", "--format", "json")
        argv = [sys.executable, "-m", "dspy_ci", *words]
        done = subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=300, check=False, env=env)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["pulls"]["problem"] is None
    assert (said["pulls"]["known"], said["pulls"]["commits"], said["pulls"]["absent"]) == (2, 4, 1)
    files = CaseFiles(root / ".dspy_data")
    found = {one.proposal.commit.id: one for one in remembered(files).values() if isinstance(one, Case)}
    assert set(found) == {mended, own}
    assert found[own].story == "High limits\nSo is the other side."
    rows = [json.loads(line) for part in ("train", "validation", "heldout")
            for line in (root / ".dspy_data" / f"task_{part}.jsonl").read_text().splitlines()]  # fmt: skip
    assert any("The pull request said: Low limits A price at the limit is" in row["task"] for row in rows)
    assert all(token not in path.read_text() for path in (root / ".dspy_data").rglob("*") if path.is_file())
    assert len(remembered_pulls(files)) == 2
