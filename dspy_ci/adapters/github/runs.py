"""Runs, jobs and logs of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator

from dspy_ci.adapters.github import records
from dspy_ci.adapters.github.client import Client, parsed, path_of
from dspy_ci.adapters.github.downloads import fetched
from dspy_ci.errors import NotFound, Unreachable
from dspy_ci.ports.forge import Job, Run

_READ = "actions: read"
_LARGEST_ARTIFACT = 64 << 20


class GitHubRuns:
    """See Runs."""

    def __init__(self, client: Client, repository: str) -> None:
        """`repository` is `owner/name`."""
        self._client = client
        self._actions = f"{path_of('repos', *repository.split('/'))}/actions"

    def run(self, run_id: int) -> Run:
        """See Runs."""
        return self._client.one(f"{self._actions}/runs/{run_id}", records.run, needs=_READ)

    def runs_of(self, head_sha: str) -> tuple[Run, ...]:
        """See Runs."""
        where = f"{self._actions}/runs"
        query = {"head_sha": head_sha, "per_page": 100}
        data = self._client.ask("GET", where, needs=_READ, query=query).data
        return parsed(lambda data: tuple(records.run(one) for one in data["workflow_runs"]), data)

    def jobs(self, run_id: int) -> tuple[Job, ...]:
        """See Runs."""
        where = f"{self._actions}/runs/{run_id}/jobs"
        return tuple(self._client.every(where, records.job, needs=_READ, within="jobs", filter="latest"))

    def log(self, job_id: int) -> Iterator[bytes]:
        """See Runs."""
        return self._behind(f"{self._actions}/jobs/{job_id}/logs")

    def artifact(self, run_id: int, name: str) -> bytes | None:
        """See Runs."""
        where = f"{self._actions}/runs/{run_id}/artifacts"
        found = self._client.every(where, dict, needs=_READ, within="artifacts", name=name)
        kept = [one for one in found if one.get("name") == name and not one.get("expired")]
        if not kept:
            return None
        newest = max(int(one["id"]) for one in kept)
        data = b""
        for chunk in self._behind(f"{self._actions}/artifacts/{newest}/zip"):
            data += chunk
            if len(data) > _LARGEST_ARTIFACT:
                raise Unreachable(f"the artifact {name!r} is too large")
        return data

    def rerun_failed(self, run_id: int) -> None:
        """See Runs."""
        self._client.ask("POST", f"{self._actions}/runs/{run_id}/rerun-failed-jobs", needs="actions: write")

    def _behind(self, path: str) -> Iterator[bytes]:
        """What a redirect leads to; the first question is asked before the first chunk is wanted."""

        def locate() -> str:
            location = self._client.ask("GET", path, needs=_READ).headers.get("location")
            if not location:
                raise NotFound(f"GitHub does not say where {path} lies")
            return location

        secure = self._client.api.startswith("https:")
        return fetched(locate, secure=secure, timeout=self._client.pace.timeout)
