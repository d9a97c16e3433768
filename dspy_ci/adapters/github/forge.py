"""GitHub, whole: the four parts of the port over one client."""

from __future__ import annotations

import re

from dspy_ci.adapters.github.client import Client, Pace
from dspy_ci.adapters.github.pulls import GitHubPulls
from dspy_ci.adapters.github.pushes import GitHubPushes
from dspy_ci.adapters.github.runs import GitHubRuns
from dspy_ci.adapters.github.talks import GitHubTalks
from dspy_ci.errors import UsageError

API = "https://api.github.com"
_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


class GitHub(GitHubPulls, GitHubRuns, GitHubTalks, GitHubPushes):
    """One repository on GitHub. See Forge for the contract."""

    def __init__(self, repository: str, token: str, *, api: str = API, pace: Pace | None = None) -> None:
        """`repository` is `owner/name`. Raises MissingError without PyGithub, UsageError for a name that is none."""
        if not _NAME.fullmatch(repository) or {".", ".."} & set(repository.split("/")):
            raise UsageError(f"{repository!r} is no repository", hint="write it as owner/name")
        client = Client(token, api=api, pace=pace)
        for part in (GitHubPulls, GitHubRuns, GitHubTalks, GitHubPushes):
            part.__init__(self, client, repository)

    @property
    def requests(self) -> int:
        """How many requests were sent so far, tries again included."""
        return self._client.requests
