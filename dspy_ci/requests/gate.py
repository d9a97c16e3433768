"""Who may ask for what: every comment passes here before anything is done about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from dspy_ci.ports.forge import WRITERS, Commit, Permission, PullRequest
from dspy_ci.requests.attempts import Attempt
from dspy_ci.requests.grammar import Unclear, command
from dspy_ci.requests.request import Command, Ignored, Refused, Request, is_commit
from dspy_ci.requests.said import Said
from dspy_ci.requests.verbs import VERBS, fault

_STRANGERS = {"NONE", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN"}
_HELP = "`/dspy help` lists what I can do"
OURS = "the newest commit is my own, and I do not work on top of that; push something, or look at it yourself"
"""Why nothing that changes the branch is done."""
NAMELESS = "GitHub does not tell me who I am, so I cannot count my attempts, and make none; give me another token"
"""Why nothing that counts is done: an answer of ours could not be told from a forged one."""


class Asked(Protocol):
    """What the gate asks of the forge, and only when it comes to that."""

    def permission(self, login: str) -> Permission:
        """See Pulls."""
        ...

    def pull(self, number: int) -> PullRequest:
        """See Pulls."""
        ...

    def commit(self, sha: str) -> Commit:
        """See Pulls."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How often somebody may ask."""

    per_commit: int = 3
    per_day: int = 10
    """On one pull request."""


def heard(said: Said, me: str | None) -> Command | Refused | Ignored:
    """What a comment asks for, by itself: costs nothing, asks nobody.

    Silent about whatever is no command, and about commands of programs: an answer could start a circle.
    """
    if said.author.kind != "User" or said.author.login.endswith("[bot]") or said.author.login == me:
        return Ignored("the author is a program")
    if said.edited:
        return Ignored("the comment was edited")
    try:
        found = command(said.body)
    except Unclear as error:
        return Refused(said, f"{error}; {_HELP}")
    return found or Ignored("no command")


def judged(said: Said, asked: Command | Refused, forge: Asked, me: str | None) -> Request | Refused:
    """Whether the author may give the command, and whether it makes sense on this pull request."""
    if said.association in _STRANGERS or forge.permission(said.author.login) not in WRITERS:
        return Refused(said, "only people with write access to this repository can give me commands", asked.verb)
    if isinstance(asked, Refused):
        return asked
    if asked.verb not in VERBS:
        return Refused(said, f"I don't know that command; {_HELP}")
    if wrong := fault(asked.verb, asked.arguments):
        return Refused(said, f"{wrong}; {_HELP}", asked.verb)
    pull = forge.pull(said.number)
    reason = _unfit(asked, pull) or (_circle(pull, forge, me) if VERBS[asked.verb].changes else None)
    return Refused(said, reason, asked.verb) if reason else Request(said, asked, pull)


def exhausted(request: Request, attempts: Iterable[Attempt], today: str, limits: Limits, me: str | None) -> str | None:
    """Why no further attempt is made; None when one may be. They are counted by our name, so without it none is."""
    if not VERBS[request.verb].spends:
        return None
    if not me:
        return NAMELESS
    spent = [one for one in attempts if one.comment != request.said.comment]
    if sum(one.sha == request.pull.head_sha for one in spent) >= limits.per_commit:
        return f"I have tried {_times(limits.per_commit)} on this commit; push something new, and I try again"
    if sum(one.day == today for one in spent) >= limits.per_day:
        return f"I have tried {_times(limits.per_day)} on this pull request today; I go on tomorrow"
    return None


def _unfit(asked: Command, pull: PullRequest) -> str | None:
    """Why the command does not fit the state of the pull request."""
    verb = VERBS[asked.verb]
    if asked.verb in {"help", "ignore"}:
        return None
    if not pull.open:
        return "this pull request is closed"
    commits = [one for one in asked.arguments if asked.verb != "edit" and is_commit(one, pull)]
    if any(not pull.head_sha.startswith(one) for one in commits):
        return "the branch has moved on since that commit; look at the new one and ask again"
    if pull.from_fork and asked.verb == "apply":
        return "I cannot push to the branch of a fork; its author can take the patch from the suggestion"
    if pull.from_fork and verb.runs_code and not commits and asked.verb != "edit":
        return f"this comes from a fork, whose code I run only at a commit that you name: `/dspy {asked.verb} {pull.head_sha[:12]}`"  # noqa: E501 - a sentence
    if pull.from_fork and asked.verb == "edit":
        return "I cannot change the branch of a fork"
    return None


def _circle(pull: PullRequest, forge: Asked, me: str | None) -> str | None:
    if me and forge.commit(pull.head_sha).author in {me, f"{me}[bot]"}:
        return OURS
    return None


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
