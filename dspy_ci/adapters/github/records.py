"""GitHub's JSON as the plain values of the port."""

from __future__ import annotations

from typing import Any

from dspy_ci.ports.forge import ChangedFile, Comment, Commit, Job, JobStep, PullRequest, Review, Run, Thread, User


def user(data: Any) -> User:
    """An account; a deleted one is nobody."""
    return User(str(data["login"]), str(data.get("type") or "User")) if data else User("", "Ghost")


def pull(data: Any) -> PullRequest:
    """A pull request."""
    head, base = data["head"], data["base"]
    return PullRequest(
        number=int(data["number"]),
        title=str(data["title"]),
        author=user(data["user"]),
        head_sha=str(head["sha"]),
        head_ref=str(head["ref"]),
        head_repo=str(head["repo"]["full_name"]) if head.get("repo") else None,
        base_sha=str(base["sha"]),
        base_ref=str(base["ref"]),
        base_repo=str(base["repo"]["full_name"]),
        open=data["state"] == "open",
        draft=bool(data.get("draft")),
        url=str(data.get("html_url") or ""),
        body=str(data.get("body") or ""),
        merged=str(data["merge_commit_sha"]) if data.get("merged_at") and data.get("merge_commit_sha") else None,
    )


def file(data: Any) -> ChangedFile:
    """A changed file of a pull request."""
    return ChangedFile(str(data["filename"]), str(data["status"]), data.get("patch"), data.get("previous_filename"))


def comment(data: Any) -> Comment:
    """A comment of either kind."""
    whole_file = data.get("subject_type") == "file"
    return Comment(
        id=int(data["id"]),
        author=user(data.get("user")),
        body=str(data.get("body") or ""),
        url=str(data.get("html_url") or ""),
        created=str(data.get("created_at") or ""),
        path=data.get("path"),
        line=None if whole_file else data.get("line"),
        start_line=None if whole_file else data.get("start_line"),
        side=str(data.get("side") or "RIGHT"),
        commit=data.get("original_commit_id") or data.get("commit_id"),
        reply_to=data.get("in_reply_to_id"),
        review=data.get("pull_request_review_id"),
        outdated=bool(data.get("path")) and not whole_file and data.get("line") is None,
        lines=None if whole_file else _lines(data),
        association=str(data.get("author_association") or "NONE"),
    )


def _lines(data: Any) -> tuple[int, int] | None:
    """Where it stood when it was made; GitHub forgets the other numbers once the diff has moved on."""
    last = data.get("original_line") or data.get("line")
    first = data.get("original_start_line") or (data.get("start_line") if data.get("line") else None) or last
    return (int(first), int(last)) if last else None


def review(data: Any) -> Review:
    """A review, without its comments."""
    return Review(
        int(data["id"]), user(data.get("user")), str(data.get("body") or ""), str(data.get("commit_id") or ""),
        str(data.get("html_url") or ""),
    )  # fmt: skip


def thread(data: Any) -> Thread:
    """A review thread, as GraphQL tells it."""
    ids = tuple(int(node["fullDatabaseId"]) for node in data["comments"]["nodes"] if node and node["fullDatabaseId"])
    return Thread(str(data["id"]), bool(data["isResolved"]), bool(data["isOutdated"]), ids)


def run(data: Any) -> Run:
    """A run of a workflow."""
    repo = data.get("head_repository")
    return Run(
        id=int(data["id"]),
        name=str(data.get("name") or ""),
        event=str(data["event"]),
        head_sha=str(data["head_sha"]),
        head_ref=str(data.get("head_branch") or ""),
        head_repo=str(repo["full_name"]) if repo else None,
        status=str(data.get("status") or ""),
        conclusion=data.get("conclusion"),
        attempt=int(data.get("run_attempt") or 1),
        actor=user(data.get("actor")),
        url=str(data.get("html_url") or ""),
    )


def job(data: Any) -> Job:
    """A job with its steps."""
    return Job(
        id=int(data["id"]),
        name=str(data["name"]),
        status=str(data["status"]),
        conclusion=data.get("conclusion"),
        steps=tuple(map(_step, data.get("steps") or ())),
        url=str(data.get("html_url") or ""),
        attempt=int(data.get("run_attempt") or 1),
    )


def _step(data: Any) -> JobStep:
    return JobStep(
        str(data["name"]), int(data["number"]), data.get("conclusion"), data.get("started_at"), data.get("completed_at")
    )


def commit(data: Any) -> Commit:
    """A commit as the REST API of repositories tells it."""
    author = data.get("author")
    parents = tuple(str(parent["sha"]) for parent in data.get("parents") or ())
    return Commit(str(data["sha"]), str(data["commit"]["message"]), author["login"] if author else None, parents)
