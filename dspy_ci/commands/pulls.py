"""What `train mine` reads of a forge, where there is one, before anything is run; and what it remembers of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dspy_ci.adapters.actionsevent import token
from dspy_ci.adapters.casefiles import CaseFiles
from dspy_ci.errors import DspyCiError, ForgeError
from dspy_ci.learn.case import Case
from dspy_ci.learn.counting import Vote
from dspy_ci.learn.pulls import Forge, Pull, pull_record, pulls, read_pull
from dspy_ci.ports.history import History

PULLS = "pulls.jsonl"
_LIMIT = 100
"""Pull requests that one run reads: two requests for each, and four more where we have made suggestions."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of asking the forge."""

    known: tuple[Pull, ...] = ()
    new: int = 0
    trouble: str | None = None
    """Why not all was read; mining goes on without it."""


def forge_given(environment: Mapping[str, str]) -> bool:
    """Whether there is a token and a repository."""
    return bool(token(environment) and environment.get("GITHUB_REPOSITORY"))


def forge_here(environment: Mapping[str, str]) -> Forge | None:
    """GitHub, where there is a token and a repository. Raises MissingError and UsageError as GitHub does."""
    known, repository = token(environment), environment.get("GITHUB_REPOSITORY", "")
    if not known or not repository:
        return None
    from dspy_ci.adapters.github.forge import API, GitHub  # noqa: PLC0415 - only where a forge is given

    return GitHub(repository, known, api=environment.get("GITHUB_API_URL") or API)


def remembered_pulls(files: CaseFiles) -> tuple[Pull, ...]:
    """What earlier runs have read, by number."""
    found = (read_pull(record) for record in files.read(PULLS))
    return tuple({pull.number: pull for pull in found if pull}.values())


def read_pulls(files: CaseFiles, clean: Callable[[str], str], environment: Mapping[str, str] = os.environ) -> Reading:
    """Read what is new of the forge and keep it at once. Raises nothing: a forge that fails costs a sentence."""
    known = {pull.number: pull for pull in remembered_pulls(files)}
    before = len(known)
    try:
        forge = forge_here(environment)
        for found in pulls(forge, _LIMIT, frozenset(known), clean) if forge else ():
            if isinstance(found, ForgeError):
                raise found
            known[found.number] = found
            files.append(PULLS, pull_record(found))
    except DspyCiError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return Reading(tuple(known.values()), len(known) - before, f"the forge was not read to its end: {error}{hint}")
    return Reading(tuple(known.values()), len(known) - before)


def votes(known: Iterable[Pull], unseen: Iterable[Case]) -> tuple[Vote, ...]:
    """What people said to suggestions, but for the pull requests that brought a case which training must not see."""
    hidden = {case.proposal.commit.id for case in unseen}
    return tuple(
        Vote(one.features, one.accepted)
        for pull in known
        if hidden.isdisjoint((pull.landed, *pull.commits))
        for one in pull.suggestions
        if one.features
    )


def counted_votes(found: Collection[Vote]) -> dict[str, int]:
    """How many were taken, and how many turned down."""
    taken = sum(vote.accepted for vote in found)
    return {"accepted": taken, "dismissed": len(found) - taken}


def pulls_record(reading: Reading, history: History) -> dict[str, Any]:
    """The figures for the report; nothing where there is no forge and never was."""
    if not reading.known and not reading.trouble:
        return {}
    made = [one for pull in reading.known for one in pull.suggestions]
    names = {name for pull in reading.known for name in pull.commits}
    return {
        "pulls": {
            "known": len(reading.known), "new": reading.new, "problem": reading.trouble,
            "commits": len(names), "absent": len(names - history.held(names)),
            "suggestions": {"accepted": sum(one.accepted for one in made),
                            "dismissed": sum(not one.accepted for one in made)},
        }
    }  # fmt: skip
