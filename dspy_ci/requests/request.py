"""A request, and the two ways in which a comment is none."""

from __future__ import annotations

from dataclasses import dataclass

from dspy_ci.ports.forge import PullRequest
from dspy_ci.requests.said import Said


@dataclass(frozen=True, slots=True)
class Command:
    """What the first line of a comment says."""

    verb: str
    arguments: tuple[str, ...] = ()
    """As they were written, case kept."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command of somebody who may give it, about a pull request as it was when we looked."""

    said: Said
    command: Command
    pull: PullRequest

    @property
    def verb(self) -> str:
        """What is asked for."""
        return self.command.verb

    @property
    def named_head(self) -> bool:
        """Whether the person named the commit that is worked on."""
        return any(is_commit(one, self.pull) for one in self.command.arguments)

    @property
    def argument(self) -> str | None:
        """The failure, patch or task that the verb is about; not the commit."""
        rest = [one for one in self.command.arguments if not is_commit(one, self.pull)]
        return rest[0] if rest else None


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that is not carried out; whoever gave it is told why."""

    said: Said
    reason: str
    """One sentence for people, without anything that they wrote."""
    verb: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """No command, or none that deserves an answer: nothing is posted."""

    reason: str
    """For the log of the person who runs the bot."""


def is_commit(word: str, pull: PullRequest) -> bool:
    """Whether an argument means a commit: the head in at least seven digits, or any forty of them."""
    digits = set(word) <= set("0123456789abcdef")
    return digits and (len(word) == 40 or (len(word) >= 7 and pull.head_sha.startswith(word)))
