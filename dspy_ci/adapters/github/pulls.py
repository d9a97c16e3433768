"""Pull requests, people and files on GitHub."""

from __future__ import annotations

from itertools import islice
from typing import cast, get_args

from dspy_ci.adapters.github import records
from dspy_ci.adapters.github.client import Client, path_of
from dspy_ci.errors import NotFound
from dspy_ci.ports.forge import ChangedFile, Commit, Permission, PullRequest

_READ = "pull-requests: read"
_CODE = "contents: read"


class GitHubPulls:
    """See Pulls."""

    def __init__(self, client: Client, repository: str) -> None:
        """`repository` is `owner/name`."""
        self._client = client
        self._repo = path_of("repos", *repository.split("/"))

    def pull(self, number: int) -> PullRequest:
        """See Pulls."""
        return self._client.one(f"{self._repo}/pulls/{number}", records.pull, needs=_READ)

    def pulls_of(self, *, head_sha: str, head_repo: str | None, head_ref: str) -> tuple[PullRequest, ...]:
        """See Pulls."""
        if head_repo is None:
            return ()
        head = f"{head_repo.partition('/')[0]}:{head_ref}"
        found = self._client.every(f"{self._repo}/pulls", records.pull, needs=_READ, state="open", head=head)
        return tuple(pull for pull in found if pull.head_sha == head_sha and pull.head_repo == head_repo)

    def merged(self, limit: int) -> tuple[PullRequest, ...]:
        """See Pulls."""
        query = {"state": "closed", "sort": "updated", "direction": "desc"}
        found = self._client.every(f"{self._repo}/pulls", records.pull, needs=_READ, **query)
        return tuple(islice((pull for pull in found if pull.merged), limit))

    def commits(self, number: int) -> tuple[Commit, ...]:
        """See Pulls."""
        return tuple(self._client.every(f"{self._repo}/pulls/{number}/commits", records.commit, needs=_READ))

    def files(self, number: int) -> tuple[ChangedFile, ...]:
        """See Pulls."""
        return tuple(self._client.every(f"{self._repo}/pulls/{number}/files", records.file, needs=_READ))

    def permission(self, login: str) -> Permission:
        """See Pulls; the finer role where GitHub tells it."""
        try:
            path = f"{self._repo}{path_of('collaborators', login, 'permission')}"
            told = self._client.one(
                path, lambda data: (str(data.get("role_name")), str(data["permission"])), needs="metadata: read"
            )
        except NotFound:
            return "none"
        known = [name for name in told if name in get_args(Permission)]
        return cast("Permission", known[0]) if known else "none"

    def commit(self, sha: str) -> Commit:
        """See Pulls."""
        return self._client.one(f"{self._repo}{path_of('commits', sha)}", records.commit, needs=_CODE)

    def read(self, path: str, ref: str) -> bytes:
        """See Pulls."""
        import base64  # noqa: PLC0415 - only here

        where = f"{self._repo}/contents{path_of(*path.split('/'))}"
        return self._client.one(where, lambda data: base64.b64decode(data["content"]), needs=_CODE, ref=ref)

    def branch(self, name: str) -> str | None:
        """See Pulls."""
        where = f"{self._repo}/git/ref/heads{path_of(*name.split('/'))}"
        try:
            return self._client.one(where, lambda data: str(data["object"]["sha"]), needs=_CODE)
        except NotFound:
            return None
