"""Comments, reviews, reactions and checks on GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dspy_ci.adapters.github import records
from dspy_ci.adapters.github.client import Client, Record, parsed, path_of
from dspy_ci.errors import Forbidden, ForgeError, NotFound, Refused, Throttled, Unreachable
from dspy_ci.ports.forge import Annotation, Check, Comment, Conclusion, Reaction, Remark, Review, Talk, Thread, User

_WRITE = "pull-requests: write"
_READ = "pull-requests: read"
_NOTES = 50
"""Annotations in one request."""
_VIEWER = "query { viewer { login } }"
_THREADS = """query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    reviewThreads(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id isResolved isOutdated comments(first: 50) { nodes { fullDatabaseId } } }
    }
  } }
}"""
_MOST_THREADS = 20
"""Pages of a hundred threads."""


class GitHubTalks:
    """See Talks."""

    def __init__(self, client: Client, repository: str) -> None:
        """`repository` is `owner/name`."""
        self._client = client
        self._owner, _, self._name = repository.partition("/")
        self._repo = path_of("repos", self._owner, self._name)

    def identity(self) -> str | None:
        """See Talks; GraphQL answers tokens of Actions and Apps too, which may not read /user."""
        try:
            return parsed(lambda data: str(data["viewer"]["login"]), self._client.graph(_VIEWER))
        except (Throttled, Unreachable) as silence:
            if login := self._user():
                return login
            raise silence from None  # who got no answer does not know that there is none
        except ForgeError:
            return self._user()

    def comments(self, number: int) -> tuple[Comment, ...]:
        """See Talks."""
        return tuple(self._client.every(f"{self._repo}/issues/{number}/comments", records.comment, needs=_READ))

    def review_comments(self, number: int) -> tuple[Comment, ...]:
        """See Talks."""
        where = f"{self._repo}/pulls/{number}/comments"
        return tuple(self._client.every(where, records.comment, needs=_READ, sort="created", direction="asc"))

    def threads(self, number: int) -> tuple[Thread, ...]:
        """See Talks."""
        found: list[Thread] = []
        after = None
        for _ in range(_MOST_THREADS):
            data = self._client.graph(_THREADS, owner=self._owner, name=self._name, number=number, after=after)
            page, after = parsed(_thread_page, data)
            found += page
            if after is None:
                break
        return tuple(found)

    def create_comment(self, number: int, body: str) -> Comment:
        """See Talks."""
        where = f"{self._repo}/issues/{number}/comments"
        return self._client.send("POST", where, {"body": body}, records.comment, needs=_WRITE)

    def update_comment(self, comment_id: int, body: str, *, talk: Talk = "issue") -> Comment:
        """See Talks."""
        return self._client.send(
            "PATCH", self._comment(comment_id, talk), {"body": body}, records.comment, needs=_WRITE
        )

    def delete_comment(self, comment_id: int, *, talk: Talk = "issue") -> None:
        """See Talks."""
        try:
            self._client.ask("DELETE", self._comment(comment_id, talk), needs=_WRITE)
        except NotFound:
            return

    def create_review(self, number: int, *, commit: str, body: str, remarks: Sequence[Remark]) -> Review:
        """See Talks; the comments are read back, one request more."""
        where = f"{self._repo}/pulls/{number}/reviews"
        said = {"commit_id": commit, "body": body, "event": "COMMENT", "comments": [_remark(one) for one in remarks]}
        made = self._client.send("POST", where, said, records.review, needs=_WRITE)
        stand = tuple(self._client.every(f"{where}/{made.id}/comments", records.comment, needs=_READ))
        return replace(made, comments=stand)

    def create_remark(self, number: int, *, commit: str, remark: Remark) -> Comment:
        """See Talks."""
        where = f"{self._repo}/pulls/{number}/comments"
        return self._client.send("POST", where, {**_remark(remark), "commit_id": commit}, records.comment, needs=_WRITE)

    def reply(self, number: int, comment_id: int, body: str) -> Comment:
        """See Talks."""
        where = f"{self._repo}/pulls/{number}/comments/{comment_id}/replies"
        return self._client.send("POST", where, {"body": body}, records.comment, needs=_WRITE)

    def react(self, comment_id: int, reaction: Reaction, *, talk: Talk = "issue") -> User:
        """See Talks."""
        where = f"{self._comment(comment_id, talk)}/reactions"
        return self._client.send("POST", where, {"content": reaction}, _reacted, needs=_WRITE, again=True)

    def create_check(
        self, *, name: str, commit: str, conclusion: Conclusion, title: str, summary: str,
        annotations: Sequence[Annotation] = (),
    ) -> Check:  # fmt: skip
        """See Talks."""
        notes = [_note(one) for one in annotations]
        output = {"title": title, "summary": summary, "annotations": notes[:_NOTES]}
        body = {"name": name, "head_sha": commit, "status": "completed", "conclusion": conclusion, "output": output}
        made = self._client.send("POST", f"{self._repo}/check-runs", body, _check, needs="checks: write")
        for first in range(_NOTES, len(notes), _NOTES):
            more = {"output": {**output, "annotations": notes[first : first + _NOTES]}}
            where = f"{self._repo}/check-runs/{made.id}"
            # an update appends: after a cut answer the same notes must not be sent again
            self._client.send("PATCH", where, more, _check, needs="checks: write", again=False)
        return replace(made, annotations=len(notes))

    def _user(self) -> str | None:
        try:
            return self._client.one("/user", lambda data: str(data["login"]), needs="metadata: read")
        except (Forbidden, NotFound, Refused):
            return None

    def _comment(self, comment_id: int, talk: Talk) -> str:
        return f"{self._repo}/{'issues' if talk == 'issue' else 'pulls'}/comments/{comment_id}"


def _thread_page(data: Record) -> tuple[list[Thread], str | None]:
    """The threads of one page, and where the next one begins."""
    page = data["repository"]["pullRequest"]["reviewThreads"]
    more = page["pageInfo"]
    return [records.thread(node) for node in page["nodes"] if node], more["endCursor"] if more["hasNextPage"] else None


def _remark(remark: Remark) -> Record:
    where: Record = {"path": remark.path, "body": remark.body}
    if remark.line is None:
        return {**where, "subject_type": "file"}
    where |= {"line": remark.line, "side": "RIGHT"}
    if remark.start_line is not None:
        where |= {"start_line": remark.start_line, "start_side": "RIGHT"}
    return where


def _note(note: Annotation) -> Record:
    return {
        "path": note.path, "start_line": note.start_line, "end_line": note.end_line, "annotation_level": note.level,
        "message": note.message, **({"title": note.title} if note.title else {}),
    }  # fmt: skip


def _reacted(data: Record) -> User:
    return records.user(data.get("user"))


def _check(data: Record) -> Check:
    return Check(int(data["id"]), str(data.get("html_url") or ""))
