"""The publisher: believes nothing that it has not checked, posts what is new, and says where everything arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dspy_ci.deliveries.ladder import Ladder, Rung
from dspy_ci.deliveries.parcels import Parcel, parcels
from dspy_ci.deliveries.placing import shown
from dspy_ci.deliveries.screening import bad_target, screened
from dspy_ci.deliveries.standing import Standing, author, standing, tidied
from dspy_ci.deliveries.sticky import Sticky
from dspy_ci.errors import Forbidden, ForgeError, UsageError
from dspy_ci.ports.forge import Annotation, Comment, Forge, PullRequest
from dspy_ci.reports.bundle import Bundle
from dspy_ci.reports.facts import Target
from dspy_ci.reports.markdown import within
from dspy_ci.reports.marks import Memory, memory_of, summary_mark
from dspy_ci.reports.summary import Surroundings, comment, job_summary, verdict
from dspy_ci.reports.words import number
from dspy_ci.reports.workflow import MOST

Value = TypeVar("Value")
Other = TypeVar("Other")

CHECK = "dspy-ci"
_CHECKED = 60_000
"""Characters of the summary of a check run."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a bundle."""

    bundle: Bundle
    """As it was posted: without secrets, and without patches that were withheld."""
    landed: tuple[tuple[str, Rung], ...]
    """Key of each finding, and of the patch, and where it arrived: as many as there were."""
    page: str
    """The summary of the job."""
    comment: Comment | None = None
    """The one comment that is edited in place."""
    commands: tuple[Annotation, ...] = ()
    """Annotations that must go out by standard output."""
    notes: tuple[str, ...] = ()
    """What did not go as it might have."""
    posted: bool = False
    """Whether anything was said on the pull request."""

    @property
    def counts(self) -> str:
        """Where things arrived, in words."""
        counts = Counter(rung for _, rung in self.landed)
        return ", ".join(f"{count} {rung}" for rung, count in counts.items()) or "nothing to deliver"


def publish(
    bundle: Bundle, target: Target, forge: Forge | None, *, secrets: Iterable[str] = (), run_url: str = ""
) -> Published:
    """Deliver a bundle that says it is about `target`, which the publisher knows from its own event.

    Raises UsageError when the bundle is about something else: then nothing is posted.
    """
    _same(bundle, target)
    clean, refused = screened(bundle, secrets)
    delivery = _Delivery(clean, Surroundings(run_url, target.head_sha), list(refused))
    if forge is None:
        delivery.note("there is no token: nothing is posted on the pull request")
    elif target.pull is None:
        delivery.check(forge)
    else:
        delivery.on_pull(forge, target.pull)
    return delivery.over()


def _same(bundle: Bundle, target: Target) -> None:
    """Raise UsageError unless the bundle is about what the event is about."""
    told = bundle.target
    if problem := bad_target(bundle):
        raise UsageError(f"the bundle is refused: {problem}")
    for name, mine, theirs in (
        ("repository", target.repository, told.repository),
        ("commit", target.head_sha, told.head_sha),
        ("pull request", target.pull, told.pull),
    ):
        if mine != theirs:
            raise UsageError(f"the bundle is refused: it is about another {name} ({str(theirs)[:80]!r})")


@dataclass(slots=True)
class _Delivery:
    """One bundle on its way."""

    bundle: Bundle
    around: Surroundings
    notes: list[str] = field(default_factory=list)
    parcels: tuple[Parcel, ...] = ()
    landed: dict[str, Rung] = field(default_factory=dict)
    commands: tuple[Annotation, ...] = ()
    comment: Comment | None = None
    posted: bool = False
    _first: Comment | None = None
    """A summary that was posted to learn our own name."""

    def on_pull(self, forge: Forge, pull_number: int) -> None:
        """Deliver to a pull request, as far as it is still the one that the bundle is about."""
        if problem := self._gone(forge, pull_number):
            self.note(problem)
            return
        files = self._asked(lambda: forge.files(pull_number), ())
        self.parcels = parcels(self.bundle, files, shown(files))
        sticky = self._sticky(forge, pull_number)
        if sticky is None:
            self.check(forge)
            return
        old = sticky.old
        ladder = self._climbed(sticky)
        kept = old.keys & {one.key for one in self.parcels}
        gone = set(tidied(forge, old, kept))
        new = {key for key, rung in ladder.landed.items() if rung in {"suggestion", "line", "file"}}
        if old.memory.noted != self.bundle.target.head_sha or old.memory.digest != self.bundle.digest:
            ladder.noted(self.parcels, lambda notes: self._annotated(forge, notes))
        else:
            ladder.landed |= {
                one.key: "annotation" for one in self.parcels if one.note and one.key not in ladder.landed
            }
        ladder.summed(self.parcels)
        self.landed = ladder.landed
        self.notes += ladder.notes
        self.posted = bool(new or gone)
        self._summarise(sticky, old, tuple(sorted((kept | new) - gone)))

    def check(self, forge: Forge) -> None:
        """Deliver to a commit: annotations of a check run, or by standard output."""
        if not self.parcels:
            self.parcels = parcels(self.bundle, (), {})
        ladder = Ladder(forge, 0, self.bundle.target.head_sha, lambda _: False)
        ladder.noted(self.parcels, lambda notes: self._annotated(forge, notes))
        self.landed = ladder.landed

    def over(self) -> Published:
        """What became of it; whatever has not arrived yet is in the page."""
        if not self.parcels:
            self.parcels = parcels(self.bundle, (), {})
        waiting = [one for one in self.parcels if one.note and one.key not in self.landed]
        for one in waiting[: MOST - len(self.commands)]:
            self.commands += (one.note,) if one.note else ()
            self.landed[one.key] = "annotation"
        rungs: dict[str, Rung] = {
            key: self.landed.get(one.key, "summary") for one in self.parcels for key in one.findings
        }
        landed = [(one.key, rungs.get(one.key, "summary")) for one in self.bundle.findings]
        if self.bundle.best:
            landed.append((self.bundle.best.key, self.landed.get(self.parcels[0].key, "summary")))
        page = job_summary(self.bundle, self._around())
        return Published(self.bundle, tuple(landed), page, self.comment, self.commands, tuple(self.notes), self.posted)

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)

    def _gone(self, forge: Forge, pull_number: int) -> str | None:
        """Why nothing may be posted on the pull request, if so."""
        try:
            pull = forge.pull(pull_number)
        except ForgeError as error:
            return f"the pull request could not be read: {error}"
        return _moved(pull, self.bundle.target)

    def _sticky(self, forge: Forge, pull_number: int) -> Sticky | None:
        """What we said before; None where nothing can be said because not even reading is allowed."""
        try:
            comments = forge.comments(pull_number)
            at_lines = forge.review_comments(pull_number)
        except ForgeError as error:
            self.note(f"the comments could not be read, so none was posted: {error}")
            return None
        mine = author(self._asked(forge.identity, None) or self._introduced(forge, pull_number, comments))
        threads = self._asked(lambda: forge.threads(pull_number), ()) if any(map(mine, at_lines)) else ()
        return Sticky(forge, pull_number, mine, standing(mine, comments, at_lines, threads))

    def _introduced(self, forge: Forge, pull_number: int, comments: Sequence[Comment]) -> str:
        """Our login, from the reply to a post of ours; empty where we may not post.

        Only a token that may not ask who it is needs this. The post becomes the summary, or goes where there is one.
        """
        text = f"{summary_mark(Memory())}\n{comment(self.bundle, self._around())}"
        try:
            made = forge.create_comment(pull_number, text)
            mine = author(made.author.login)
            if any(mine(one) and memory_of(one.body) is not None for one in comments):
                forge.delete_comment(made.id)
            else:
                self._first = made
        except ForgeError as error:
            self.note(f"it is not known in whose name we post: {error}")
            return ""
        return made.author.login

    def _climbed(self, sticky: Sticky) -> Ladder:
        """The first two rungs."""
        old = sticky.old
        ladder = Ladder(sticky.forge, sticky.number, self.bundle.target.head_sha, sticky.mine)
        for one in self.parcels:
            if one.key in old.dismissed:
                ladder.landed[one.key] = "dismissed"
            elif one.key in old.keys:
                ladder.landed[one.key] = "standing"
        waiting = [one for one in self.parcels if one.key not in ladder.landed]
        ladder.at_lines(waiting, "dspy-ci: the verdict and the proof are in the summary comment of this pull request.")
        if not any(note.startswith("no review could be posted") for note in ladder.notes):
            ladder.at_files(waiting)
        return ladder

    def _annotated(self, forge: Forge, notes: Sequence[Annotation]) -> int:
        """How many arrive: by a check run, or else by standard output, which holds fewer."""
        try:
            forge.create_check(
                name=CHECK, commit=self.bundle.target.head_sha, conclusion="neutral",
                title=number(len(self.bundle.findings), "failure"),
                summary=within(comment(self.bundle, self.around), _CHECKED, where="the summary of the job"),
                annotations=notes,
            )  # fmt: skip
        except Forbidden:
            self.commands = tuple(notes[:MOST])
        except ForgeError as error:
            self.note(f"no check run could be made: {error}")
            self.commands = tuple(notes[:MOST])
        else:
            self.posted = True
            return len(notes)
        return len(self.commands)

    def _summarise(self, sticky: Sticky, old: Standing, posted: tuple[str, ...]) -> None:
        """The comment that is edited in place, last: it knows what arrived."""
        if self.bundle.status == "green" and not old.summaries:
            return
        digest = self.bundle.digest
        noted = self.bundle.target.head_sha
        memory = Memory(digest, posted, tuple(sorted(old.dismissed)), noted)
        if old.summaries and replace(old.memory, dismissed=memory.dismissed) == memory:
            self.comment = old.summaries[0]
            return
        body = comment(self.bundle, self._around())
        try:
            self.comment = sticky.put(memory, body, self._first)
            self.posted = True
        except Forbidden as error:
            self.note(f"the summary comment could not be posted: the token lacks `{error.permission}`")
        except ForgeError as error:
            self.note(f"the summary comment could not be posted: {error}")

    def _around(self) -> Surroundings:
        rung = self.landed.get(self.parcels[0].key) if self.parcels else None
        inline = bool(self.parcels and self.parcels[0].suggestions) and rung in {"suggestion", "standing"}
        return replace(self.around, inline=inline, notes=tuple(self.notes))

    def _asked(self, question: Callable[[], Value], otherwise: Other) -> Value | Other:
        """The answer; when there is none, a note and something else."""
        try:
            return question()
        except ForgeError as error:
            self.note(str(error))
            return otherwise


def _moved(pull: PullRequest, target: Target) -> str | None:
    """Why nothing may be posted on the pull request any more."""
    if pull.base_repo.lower() != target.repository.lower():
        return "the pull request belongs to another repository"
    if not pull.open:
        return "the pull request is closed: nothing is posted there"
    if pull.head_sha != target.head_sha:
        here, there = target.head_sha[:12], pull.head_sha[:12]
        return f"the pull request has moved on to {there}: what was found on {here} is not posted there"
    return None


def headline(published: Published) -> str:
    """One line for a log: the verdict, and where things arrived."""
    return f"{verdict(published.bundle)} [{published.counts}]"
