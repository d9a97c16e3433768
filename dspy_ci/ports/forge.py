"""The forge that hosts a repository: what a pull request is, what was said on it, and what may be said.

Every verb speaks of the one repository that the forge was made for. All of them raise ForgeError: Forbidden names the
permission that is missing, NotFound, Refused (422, with what the forge said), Throttled and Unreachable come after the
adapter has tried again as often as it may. A verb that raises has posted nothing, except where it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Permission = Literal["admin", "maintain", "write", "triage", "read", "none"]
Reaction = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
Conclusion = Literal["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"]
Level = Literal["notice", "warning", "failure"]
Talk = Literal["issue", "review"]
"""Where a comment stands: in the conversation, or at a line of the diff."""

WRITERS: frozenset[Permission] = frozenset({"admin", "maintain", "write"})


@dataclass(frozen=True, slots=True)
class User:
    """Who did something."""

    login: str
    kind: str = "User"
    """`User`, `Bot`, `Organization`, `Mannequin`, as the forge says."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A change that somebody proposes."""

    number: int
    title: str
    author: User
    head_sha: str
    head_ref: str
    head_repo: str | None
    """`owner/name`; None when the fork is gone."""
    base_sha: str
    base_ref: str
    base_repo: str
    open: bool = True
    draft: bool = False
    url: str = ""
    body: str = ""
    merged: str | None = None
    """The commit that brought it into its base: a merge, a squashed one, the last of several; None until then."""

    @property
    def from_fork(self) -> bool:
        """Whether the head lies in another repository."""
        return self.head_repo != self.base_repo


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a pull request."""

    path: str
    status: str
    """`added`, `removed`, `modified`, `renamed`, `copied`, `changed`, `unchanged`."""
    patch: str | None = None
    """The hunks of the unified diff, without file headers; None for binary or very large files."""
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said, in the conversation or at a line."""

    id: int
    author: User
    body: str
    url: str = ""
    created: str = ""
    """ISO 8601, as the forge says."""
    path: str | None = None
    """Only at a line of the diff, and so all that follows."""
    line: int | None = None
    """The last line, on the side; None for the whole file."""
    start_line: int | None = None
    side: str = "RIGHT"
    commit: str | None = None
    """The commit that it was made on."""
    reply_to: int | None = None
    review: int | None = None
    outdated: bool = False
    """Whether the line is no longer part of the diff."""
    lines: tuple[int, int] | None = None
    """First and last line in the commit that it was made on, which outlast the diff."""
    association: str = "NONE"
    """What the author is to the repository, as the forge guesses; never a reason to trust."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment at a line with its replies."""

    id: str
    resolved: bool
    outdated: bool
    comments: tuple[int, ...]
    """The ids of the comments, first one first."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment at a line, to be posted."""

    path: str
    body: str
    line: int | None = None
    """The last line, 1-based, on the right side of the diff; None for the whole file, which no review can hold."""
    start_line: int | None = None
    """The first line where it is another one."""


@dataclass(frozen=True, slots=True)
class Review:
    """A posted review."""

    id: int
    author: User
    body: str
    commit: str
    url: str = ""
    comments: tuple[Comment, ...] = ()
    """As read back after posting: what really stands there."""


@dataclass(frozen=True, slots=True)
class JobStep:
    """One step of a job."""

    name: str
    number: int
    conclusion: str | None
    started: str | None = None
    completed: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a run."""

    id: int
    name: str
    status: str
    conclusion: str | None
    steps: tuple[JobStep, ...] = ()
    url: str = ""
    attempt: int = 1

    @property
    def failed(self) -> bool:
        """Whether it ended red."""
        return self.conclusion in {"failure", "timed_out"}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a workflow."""

    id: int
    name: str
    event: str
    head_sha: str
    head_ref: str
    head_repo: str | None
    status: str
    conclusion: str | None
    attempt: int = 1
    actor: User = User("")
    url: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note at lines of a file, whether the diff shows them or not."""

    path: str
    start_line: int
    end_line: int
    level: Level
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A check run on a commit."""

    id: int
    url: str = ""
    annotations: int = 0


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, as far as we ask."""

    sha: str
    message: str
    author: str | None
    """The login, where the forge knows one."""
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a commit names."""

    name: str
    email: str


class Pulls(Protocol):
    """What is proposed, and by whom."""

    def pull(self, number: int) -> PullRequest:
        """One pull request."""
        ...

    def pulls_of(self, *, head_sha: str, head_repo: str | None, head_ref: str) -> tuple[PullRequest, ...]:
        """The open pull requests whose head is this commit of this branch of this repository."""
        ...

    def merged(self, limit: int) -> tuple[PullRequest, ...]:
        """Pull requests that were merged, those that were last touched first; so many at the most."""
        ...

    def commits(self, number: int) -> tuple[Commit, ...]:
        """The commits of a pull request, oldest first; at most 250."""
        ...

    def files(self, number: int) -> tuple[ChangedFile, ...]:
        """All changed files, with their hunks."""
        ...

    def permission(self, login: str) -> Permission:
        """What a person may do here; `none` for strangers."""
        ...

    def commit(self, sha: str) -> Commit:
        """One commit."""
        ...

    def read(self, path: str, ref: str) -> bytes:
        """A file as it is at a commit or branch."""
        ...

    def branch(self, name: str) -> str | None:
        """The commit that a branch points at; None where there is no such branch."""
        ...


class Runs(Protocol):
    """What the CI did."""

    def run(self, run_id: int) -> Run:
        """One run."""
        ...

    def runs_of(self, head_sha: str) -> tuple[Run, ...]:
        """The runs on a commit, newest first; at most a hundred."""
        ...

    def jobs(self, run_id: int) -> tuple[Job, ...]:
        """All jobs of the latest attempt of a run."""
        ...

    def log(self, job_id: int) -> Iterator[bytes]:
        """The log of a job that is over, in chunks. What the forge redirects to never sees our token."""
        ...

    def artifact(self, run_id: int, name: str) -> bytes | None:
        """The zip of the newest artifact of that name that has not expired; None where there is none."""
        ...

    def rerun_failed(self, run_id: int) -> None:
        """Start the failed jobs of a run once more."""
        ...


class Talks(Protocol):
    """What was said, and what we say."""

    def identity(self) -> str | None:
        """The login that our posts bear; None where the token may not ask, which no answer does not mean."""
        ...

    def comments(self, number: int) -> tuple[Comment, ...]:
        """The conversation, oldest first."""
        ...

    def review_comments(self, number: int) -> tuple[Comment, ...]:
        """What was said at lines, oldest first."""
        ...

    def threads(self, number: int) -> tuple[Thread, ...]:
        """Which of those were resolved."""
        ...

    def create_comment(self, number: int, body: str) -> Comment:
        """Say something in the conversation."""
        ...

    def update_comment(self, comment_id: int, body: str, *, talk: Talk = "issue") -> Comment:
        """Change what we said."""
        ...

    def delete_comment(self, comment_id: int, *, talk: Talk = "issue") -> None:
        """Take back what we said; no error when it is gone already."""
        ...

    def create_review(self, number: int, *, commit: str, body: str, remarks: Sequence[Remark]) -> Review:
        """A review of event COMMENT, never an approval. Refused as a whole when one remark is wrong."""
        ...

    def create_remark(self, number: int, *, commit: str, remark: Remark) -> Comment:
        """One comment at a line or a file, outside any review."""
        ...

    def reply(self, number: int, comment_id: int, body: str) -> Comment:
        """Answer a comment at a line."""
        ...

    def react(self, comment_id: int, reaction: Reaction, *, talk: Talk = "issue") -> User:
        """Put a reaction on a comment, once is enough; in whose name, which is nobody's where the forge is silent."""
        ...

    def create_check(
        self, *, name: str, commit: str, conclusion: Conclusion, title: str, summary: str,
        annotations: Sequence[Annotation] = (),
    ) -> Check:  # fmt: skip
        """A finished check run. Throttled and Unreachable may leave it with a part of its annotations."""
        ...


class Pushes(Protocol):
    """What changes the code, for a token that may."""

    def push(
        self, *, branch: str, parent: str, message: str, files: Mapping[str, bytes | None], author: Person | None = None
    ) -> Commit:
        """Put a commit on a branch without a checkout; None removes a file, file modes stay as they are.

        Refused when the branch no longer points at the parent: nothing is ever forced.
        """
        ...

    def create_branch(self, name: str, sha: str) -> None:
        """A new branch; Refused when the name is taken."""
        ...

    def open_pull(self, *, title: str, body: str, head: str, base: str, draft: bool = False) -> PullRequest:
        """Propose a branch of this repository."""
        ...


class Forge(Pulls, Runs, Talks, Pushes, Protocol):
    """The whole of it; who needs less asks for less."""
