"""Who may ask for what; the hostile cases each end as stated, and no forge is asked more than needed."""

from dataclasses import dataclass, field, replace

import pytest

from dspy_ci.ports.forge import Commit, PullRequest, User
from dspy_ci.requests.attempts import Attempt
from dspy_ci.requests.gate import Limits, exhausted, heard, judged
from dspy_ci.requests.request import Command, Ignored, Refused, Request
from dspy_ci.requests.said import Said
from dspy_ci.requests.verbs import VERBS

HEAD = "0123456789abcdef0123456789abcdef01234567"
ME = "our-app[bot]"
PULL = PullRequest(7, "a title", User("ann"), HEAD, "topic", "o/r", "b" * 40, "main", "o/r")
FORK = replace(PULL, head_repo="stranger/r")
SAID = Said("o/r", 7, 100, User("ann"), "MEMBER", "/dspy fix")


@dataclass
class World:
    """A forge with one pull request, which counts what it is asked."""

    pull_: PullRequest = PULL
    author: str | None = "ann"
    permissions: dict = field(default_factory=lambda: {"ann": "write", "tom": "triage", "eve": "read", "max": "admin"})
    asked: list = field(default_factory=list)

    def permission(self, login):
        self.asked.append("permission")
        return self.permissions.get(login, "none")

    def pull(self, number):
        self.asked.append("pull")
        assert number == 7
        return self.pull_

    def commit(self, sha):
        self.asked.append("commit")
        return Commit(sha, "", self.author)


def passed(said=SAID, world=None, me=ME):
    found = heard(said, me)
    return found if isinstance(found, Ignored) else judged(said, found, world or World(), me)


@pytest.mark.parametrize("verb", VERBS)
def test_a_writer_may_give_every_command(verb):
    body = f"/dspy {verb}" + (' "do it"' if verb == "edit" else "")
    found = passed(replace(SAID, body=body))
    assert isinstance(found, Request)
    assert found.verb == verb


@pytest.mark.parametrize("login", ["max", "ann"])
@pytest.mark.parametrize("association", ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR", "made up"])
def test_the_permission_decides_and_not_the_association(login, association):
    assert isinstance(passed(replace(SAID, author=User(login), association=association)), Request)


STRANGERS = [
    *[(login, claim) for login in ("tom", "eve", "nobody", "ANN", "ann ", "\u0430nn") for claim in ("OWNER", "X")],
    *[("ann", association) for association in ("NONE", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN")],
]  # fmt: skip


@pytest.mark.parametrize(("login", "association"), STRANGERS)
@pytest.mark.parametrize("body", ["/dspy fix", "/dspy apply", "/dspy nonsense", '/dspy edit "open', "/dspy fix --help"])
def test_nobody_else_may_whatever_the_event_claims(login, association, body):
    found = passed(replace(SAID, author=User(login), association=association, body=body))
    assert isinstance(found, Refused)
    assert "write access" in found.reason


PROGRAMS = [
    replace(SAID, author=User("ann", "Bot")),
    replace(SAID, author=User("ann", "Organization")),
    replace(SAID, author=User("ann", "Mannequin")),
    replace(SAID, author=User("ann", "user")),
    replace(SAID, author=User("ann", "")),
    replace(SAID, author=User("dependabot[bot]")),
    replace(SAID, author=User(ME)),
    replace(SAID, edited=True),
    replace(SAID, body="thanks!"),
    replace(SAID, body="> /dspy fix"),
    replace(SAID, body="```\n/dspy fix\n```"),
]


@pytest.mark.parametrize("said", PROGRAMS, ids=range(len(PROGRAMS)))
def test_programs_edits_and_talk_are_passed_over_in_silence_and_cost_nothing(said):
    world = World()
    assert isinstance(passed(said, world), Ignored)
    assert world.asked == []


def test_our_own_login_is_passed_over_even_as_a_person():
    assert isinstance(passed(replace(SAID, author=User("robot")), me="robot"), Ignored)


HOSTILE = [
    "--log=/etc/passwd", "-c evil", "--budget 9h", "fix --apply", "'' x", '"\t"', "a b c", "x" * 400,
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("verb", ["fix", "apply", "ignore", "score", "plan", "help", "retry"])
def test_hostile_arguments_are_refused_in_a_sentence_that_does_not_repeat_them(verb, words):
    found = passed(replace(SAID, body=f"/dspy {verb} {words}"))
    assert isinstance(found, Refused)
    assert words not in found.reason
    assert "\n" not in found.reason


IDS = [
    "../../etc/passwd",
    "$(id)",
    "`id`",
    "abc;id",
    "@org/team",
    "<img/src=x>",
    "ABCDEF12",
    "\uff10\uff11\uff12\uff13",
    "12",
    "a" * 65,
]


@pytest.mark.parametrize("word", IDS)
def test_what_is_no_id_of_a_patch_is_refused(word):
    assert isinstance(passed(replace(SAID, body=f"/dspy apply {word}")), Refused)


def test_an_unknown_command_is_answered_with_help_and_never_with_itself():
    found = passed(replace(SAID, body="/dspy @everyone"))
    assert isinstance(found, Refused)
    assert "/dspy help" in found.reason
    assert "everyone" not in found.reason


@pytest.mark.parametrize("verb", ["fix", "plan", "explain", "apply", "retry", "score", 'edit "x"'])
def test_a_closed_pull_request_is_left_alone(verb):
    found = passed(replace(SAID, body=f"/dspy {verb}"), World(replace(PULL, open=False)))
    assert isinstance(found, Refused)
    assert "closed" in found.reason


@pytest.mark.parametrize("verb", ["fix", "score"])
def test_code_of_a_fork_runs_only_at_a_commit_that_was_named(verb):
    without = passed(replace(SAID, body=f"/dspy {verb}"), World(FORK))
    assert isinstance(without, Refused)
    assert f"`/dspy {verb} {HEAD[:12]}`" in without.reason
    for sha in (HEAD, HEAD[:12], HEAD[:7]):
        assert isinstance(passed(replace(SAID, body=f"/dspy {verb} {sha}"), World(FORK)), Request)


@pytest.mark.parametrize("sha", [HEAD[:6], HEAD[:12].upper(), "f" * 12, "main", "HEAD", "topic"])
def test_a_fork_is_not_run_at_a_commit_that_was_named_too_vaguely(sha):
    assert isinstance(passed(replace(SAID, body=f"/dspy score {sha}"), World(FORK)), Refused)


@pytest.mark.parametrize("pull", [PULL, FORK, replace(PULL, head_repo=None)], ids=["branch", "fork", "gone"])
@pytest.mark.parametrize("verb", ["fix", "score"])
def test_a_head_that_has_moved_on_is_not_worked_on(verb, pull):
    found = passed(replace(SAID, body=f"/dspy {verb} {'f' * 40}"), World(pull))
    assert isinstance(found, Refused)
    assert "moved on" in found.reason


@pytest.mark.parametrize("body", ["/dspy apply", "/dspy apply abcdef", '/dspy edit "x"'])
def test_nothing_is_pushed_to_a_fork(body):
    found = passed(replace(SAID, body=body), World(FORK))
    assert isinstance(found, Refused)
    assert "fork" in found.reason


@pytest.mark.parametrize("verb", ["fix", "apply", "retry", 'edit "x"'])
def test_we_do_not_work_on_top_of_ourselves(verb):
    found = passed(replace(SAID, body=f"/dspy {verb}"), World(author=ME))
    assert isinstance(found, Refused)
    assert "my own" in found.reason


@pytest.mark.parametrize("verb", ["explain", "plan", "score", "help", "ignore"])
def test_looking_at_our_own_commit_is_no_circle(verb):
    assert isinstance(passed(replace(SAID, body=f"/dspy {verb}"), World(author=ME)), Request)


def test_the_argument_of_a_command_is_not_its_commit():
    found = passed(replace(SAID, body=f"/dspy fix tests/test_a.py::test_b {HEAD[:9]}"))
    assert found.argument == "tests/test_a.py::test_b"
    assert passed(replace(SAID, body=f"/dspy fix {HEAD[:9]}")).argument is None


FIX = Request(SAID, Command("fix"), PULL)


def spent(number, sha=HEAD, day="2026-01-02"):
    return [Attempt(comment, "fix", sha, day, spent=True) for comment in range(number)]


def test_attempts_on_a_commit_are_counted():
    limits = Limits(per_commit=3, per_day=100)
    assert exhausted(FIX, spent(2), "2026-01-02", limits, ME) is None
    assert "3 times on this commit" in exhausted(FIX, spent(3), "2026-01-02", limits, ME)
    assert exhausted(FIX, spent(3, sha="f" * 40), "2026-01-02", limits, ME) is None


def test_attempts_of_a_day_are_counted():
    limits = Limits(per_commit=100, per_day=10)
    old = spent(10, sha="f" * 40)
    assert "today" in exhausted(FIX, old, "2026-01-02", limits, ME)
    assert exhausted(FIX, old, "2026-01-03", limits, ME) is None


def test_what_costs_nothing_is_always_free_and_a_repetition_is_not_counted_twice():
    many = spent(50)
    assert exhausted(replace(FIX, command=Command("help")), many, "2026-01-02", Limits(), ME) is None
    mine = [replace(one, comment=SAID.comment) for one in many]
    assert exhausted(FIX, mine, "2026-01-02", Limits(), ME) is None


def test_without_a_name_to_count_by_there_is_no_attempt_but_there_is_help():
    for me in (None, ""):
        assert "cannot count" in exhausted(FIX, [], "2026-01-02", Limits(), me)
        assert exhausted(replace(FIX, command=Command("help")), [], "2026-01-02", Limits(), me) is None
