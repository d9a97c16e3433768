"""What reader and publisher find out on their own: the run, the pull request, the forge."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dspy_ci.adapters.actionsevent import Event, token
from dspy_ci.adapters.github.forge import GitHub
from dspy_ci.adapters.gittrees import git
from dspy_ci.errors import ForgeError, MissingError
from dspy_ci.ports.forge import Pulls
from dspy_ci.reports.facts import Target


def forge_of(event: Event, environment: Mapping[str, str]) -> GitHub | None:
    """GitHub, where there is a token and a repository."""
    known = token(environment)
    return GitHub(event.repository, known, api=event.api) if known and event.repository else None


def target_of(event: Event, forge: Pulls | None, folder: Path | None) -> Target:
    """What the event is about; a pull request that it does not name is looked up by its head, never believed."""
    if not event.head_sha:
        return _local(folder)
    known = Target(
        event.repository, event.head_sha, event.pull, event.run_id, event.attempt, event.base_sha, event.base_ref,
        event.from_fork,
    )  # fmt: skip
    if event.name != "workflow_run" or forge is None or not event.head_repo:
        return known
    try:
        pulls = forge.pulls_of(head_sha=event.head_sha, head_repo=event.head_repo, head_ref=event.head_ref)
    except ForgeError:
        return known
    if len(pulls) != 1:
        return known
    (pull,) = pulls
    return Target(
        event.repository, event.head_sha, pull.number, event.run_id, event.attempt, pull.base_sha, pull.base_ref,
        pull.from_fork,
    )  # fmt: skip


def _local(folder: Path | None) -> Target:
    """The commit that is checked out, where there is no event."""
    if folder is None:
        raise MissingError(
            "there is no event to answer: GITHUB_SHA is not set", hint="try `dspy-ci action --dry-run` in a repository"
        )
    return Target("", git(folder, "rev-parse", "HEAD").decode().strip())
