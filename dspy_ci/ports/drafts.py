"""The twin of the forge: it starts from a state, does what the forge would do, and keeps what would be posted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from dspy_ci.errors import Forbidden, NotFound, Refused
from dspy_ci.ports.forge import (
    Annotation,
    ChangedFile,
    Check,
    Comment,
    Commit,
    Conclusion,
    Forge,
    Job,
    Permission,
    Person,
    PullRequest,
    Reaction,
    Remark,
    Review,
    Run,
    Talk,
    Thread,
    User,
)
from dspy_ci.ports.hunklines import right_lines

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Posting:
    """One thing that would be posted."""

    verb: str
    """The name of the forge's verb."""
    values: Mapping[str, Any]
    """What it was given, as plain values."""


@dataclass(slots=True)
class State:
    """What a forge holds; tests fill it, `snapshot` copies it from a real one."""

    pulls: dict[int, PullRequest] = field(default_factory=dict)
    files: dict[int, tuple[ChangedFile, ...]] = field(default_factory=dict)
    pull_commits: dict[int, tuple[Commit, ...]] = field(default_factory=dict)
    comments: dict[int, list[Comment]] = field(default_factory=dict)
    review_comments: dict[int, list[Comment]] = field(default_factory=dict)
    threads: dict[int, tuple[Thread, ...]] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    contents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """(path, commit or branch) -> bytes."""
    branches: dict[str, str] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    jobs: dict[int, tuple[Job, ...]] = field(default_factory=dict)
    logs: dict[int, bytes] = field(default_factory=dict)
    artifacts: dict[tuple[int, str], bytes] = field(default_factory=dict)


def snapshot(forge: Forge, number: int) -> State:
    """What a real forge holds about one pull request, as far as delivery looks at it."""
    pull = forge.pull(number)
    return State(
        pulls={number: pull},
        files={number: forge.files(number)},
        comments={number: list(forge.comments(number))},
        review_comments={number: list(forge.review_comments(number))},
        threads={number: forge.threads(number)},
    )


@dataclass(slots=True)
class Drafts:
    """The twin. `posted` holds, in order, exactly what a forge would have been asked to change."""

    state: State = field(default_factory=State)
    me: str | None = "dspy-ci[bot]"
    """Our own login; None to play a token that may not ask."""
    forbidden: Mapping[str, str] = field(default_factory=dict)
    """Verbs that shall be refused -> the permission that they lack."""
    posted: list[Posting] = field(default_factory=list)
    _last: int = 9000

    def pull(self, number: int) -> PullRequest:
        """See Pulls."""
        return _known(self.state.pulls, number, f"pull request #{number}")

    def pulls_of(self, *, head_sha: str, head_repo: str | None, head_ref: str) -> tuple[PullRequest, ...]:
        """See Pulls."""
        wanted = (head_sha, head_repo, head_ref)
        pulls = self.state.pulls.values()
        return tuple(p for p in pulls if p.open and (p.head_sha, p.head_repo, p.head_ref) == wanted)

    def merged(self, limit: int) -> tuple[PullRequest, ...]:
        """See Pulls; the highest number counts as touched last."""
        self._allowed("merged")
        found = [pull for pull in self.state.pulls.values() if pull.merged]
        return tuple(sorted(found, key=lambda pull: -pull.number)[:limit])

    def commits(self, number: int) -> tuple[Commit, ...]:
        """See Pulls."""
        return self.state.pull_commits.get(number, ())

    def files(self, number: int) -> tuple[ChangedFile, ...]:
        """See Pulls."""
        return self.state.files.get(number, ())

    def permission(self, login: str) -> Permission:
        """See Pulls."""
        return self.state.permissions.get(login, "none")

    def commit(self, sha: str) -> Commit:
        """See Pulls."""
        return _known(self.state.commits, sha, f"commit {sha}")

    def read(self, path: str, ref: str) -> bytes:
        """See Pulls."""
        return _known(self.state.contents, (path, ref), f"{path} at {ref}")

    def branch(self, name: str) -> str | None:
        """See Pulls."""
        return self.state.branches.get(name)

    def run(self, run_id: int) -> Run:
        """See Runs."""
        return _known(self.state.runs, run_id, f"run {run_id}")

    def runs_of(self, head_sha: str) -> tuple[Run, ...]:
        """See Runs."""
        found = [run for run in self.state.runs.values() if run.head_sha == head_sha]
        return tuple(sorted(found, key=lambda run: run.id, reverse=True))

    def jobs(self, run_id: int) -> tuple[Job, ...]:
        """See Runs."""
        return _known(self.state.jobs, run_id, f"run {run_id}")

    def log(self, job_id: int) -> Iterator[bytes]:
        """See Runs."""
        yield _known(self.state.logs, job_id, f"the log of job {job_id}")

    def artifact(self, run_id: int, name: str) -> bytes | None:
        """See Runs."""
        return self.state.artifacts.get((run_id, name))

    def rerun_failed(self, run_id: int) -> None:
        """See Runs."""
        self._post("rerun_failed", run_id=run_id)

    def identity(self) -> str | None:
        """See Talks."""
        return self.me

    def comments(self, number: int) -> tuple[Comment, ...]:
        """See Talks."""
        return tuple(self.state.comments.get(number, ()))

    def review_comments(self, number: int) -> tuple[Comment, ...]:
        """See Talks."""
        return tuple(self.state.review_comments.get(number, ()))

    def threads(self, number: int) -> tuple[Thread, ...]:
        """See Talks."""
        return self.state.threads.get(number, ())

    def create_comment(self, number: int, body: str) -> Comment:
        """See Talks."""
        self._post("create_comment", number=number, body=body)
        comment = Comment(self._id(), self._us, body)
        self.state.comments.setdefault(number, []).append(comment)
        return comment

    def update_comment(self, comment_id: int, body: str, *, talk: Talk = "issue") -> Comment:
        """See Talks."""
        self._post("update_comment", comment_id=comment_id, body=body, talk=talk)
        there, place = self._find(comment_id, talk)
        there[place] = replace(there[place], body=body)
        return there[place]

    def delete_comment(self, comment_id: int, *, talk: Talk = "issue") -> None:
        """See Talks."""
        self._post("delete_comment", comment_id=comment_id, talk=talk)
        there, place = self._find(comment_id, talk)
        del there[place]

    def create_review(self, number: int, *, commit: str, body: str, remarks: Sequence[Remark]) -> Review:
        """See Talks."""
        self._allowed("create_review")
        for remark in remarks:
            self._placed(number, remark)
        self._post("create_review", number=number, commit=commit, body=body, remarks=[asdict(one) for one in remarks])
        review = self._id()
        made = tuple(self._said(remark, commit, review=review) for remark in remarks)
        self.state.review_comments.setdefault(number, []).extend(made)
        return Review(review, self._us, body, commit, comments=made)

    def create_remark(self, number: int, *, commit: str, remark: Remark) -> Comment:
        """See Talks."""
        self._allowed("create_remark")
        self._placed(number, remark)
        self._post("create_remark", number=number, commit=commit, remark=asdict(remark))
        comment = self._said(remark, commit)
        self.state.review_comments.setdefault(number, []).append(comment)
        return comment

    def reply(self, number: int, comment_id: int, body: str) -> Comment:
        """See Talks."""
        self._post("reply", number=number, comment_id=comment_id, body=body)
        there, place = self._find(comment_id, "review")
        comment = replace(there[place], id=self._id(), author=self._us, body=body, reply_to=comment_id)
        there.append(comment)
        return comment

    def react(self, comment_id: int, reaction: Reaction, *, talk: Talk = "issue") -> User:
        """See Talks."""
        self._post("react", comment_id=comment_id, reaction=reaction, talk=talk)
        return self._us

    def create_check(
        self, *, name: str, commit: str, conclusion: Conclusion, title: str, summary: str,
        annotations: Sequence[Annotation] = (),
    ) -> Check:  # fmt: skip
        """See Talks."""
        notes = [asdict(one) for one in annotations]
        self._post(
            "create_check", name=name, commit=commit, conclusion=conclusion, title=title, summary=summary,
            annotations=notes,
        )  # fmt: skip
        return Check(self._id(), annotations=len(notes))

    def push(
        self, *, branch: str, parent: str, message: str, files: Mapping[str, bytes | None], author: Person | None = None
    ) -> Commit:
        """See Pushes."""
        self._allowed("push")
        if self.state.branches.get(branch) != parent:
            raise Refused(f"{branch} no longer points at {parent[:12]}")
        texts = {path: None if data is None else data.decode("utf-8", "replace") for path, data in files.items()}
        self._post(
            "push",
            branch=branch,
            parent=parent,
            message=message,
            files=texts,
            author=asdict(author) if author else None,
        )
        sha = hashlib.sha1(f"{parent}{message}{sorted(texts)}".encode(), usedforsecurity=False).hexdigest()
        self.state.branches[branch] = sha
        self.state.commits[sha] = Commit(sha, message, self.me, (parent,))
        return self.state.commits[sha]

    def create_branch(self, name: str, sha: str) -> None:
        """See Pushes."""
        self._allowed("create_branch")
        if name in self.state.branches:
            raise Refused(f"there is a branch {name} already")
        self._post("create_branch", name=name, sha=sha)
        self.state.branches[name] = sha

    def open_pull(self, *, title: str, body: str, head: str, base: str, draft: bool = False) -> PullRequest:
        """See Pushes."""
        self._post("open_pull", title=title, body=body, head=head, base=base, draft=draft)
        there = self.state.branches
        pull = PullRequest(
            self._id(), title, self._us, there.get(head, ""), head, "", there.get(base, ""), base, "", draft=draft
        )
        self.state.pulls[pull.number] = pull
        return pull

    @property
    def _us(self) -> User:
        return User(self.me or "dspy-ci[bot]", "Bot")

    def _id(self) -> int:
        self._last += 1
        return self._last

    def _allowed(self, verb: str) -> None:
        if (permission := self.forbidden.get(verb)) is not None:
            raise Forbidden(f"the token may not {verb.replace('_', ' ')}", permission=permission)

    def _post(self, verb: str, **values: Any) -> None:
        self._allowed(verb)
        self.posted.append(Posting(verb, values))

    def _find(self, comment_id: int, talk: Talk) -> tuple[list[Comment], int]:
        for there in (self.state.comments if talk == "issue" else self.state.review_comments).values():
            for place, comment in enumerate(there):
                if comment.id == comment_id:
                    return there, place
        raise NotFound(f"there is no comment {comment_id}")

    def _placed(self, number: int, remark: Remark) -> None:
        """Raise Refused where a forge would."""
        file = next((file for file in self.files(number) if file.path == remark.path), None)
        if file is None:
            raise Refused(f"{remark.path} is no file of the diff")
        lines = right_lines(file.patch or "")
        first = remark.start_line if remark.start_line is not None else remark.line
        if remark.line is not None and (remark.line not in lines or first not in lines):
            raise Refused(f"line {remark.line} of {remark.path} is not part of the diff")
        if remark.start_line is not None and remark.line is not None and (
            remark.start_line >= remark.line or lines[remark.start_line] != lines[remark.line]
        ):  # fmt: skip
            raise Refused("start_line must precede line, in the same hunk")

    def _said(self, remark: Remark, commit: str, *, review: int | None = None) -> Comment:
        return Comment(
            self._id(), self._us, remark.body, path=remark.path, line=remark.line, start_line=remark.start_line,
            commit=commit, review=review,
            lines=(remark.start_line or remark.line, remark.line) if remark.line is not None else None,
        )  # fmt: skip


def _known(there: Mapping[Key, Value], key: Key, name: str) -> Value:
    try:
        return there[key]
    except KeyError:
        raise NotFound(f"there is no {name}") from None
