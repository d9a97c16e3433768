"""A lock file that no longer fits what it locks, or stubs that are missing: the command that the tool itself names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.proposal import Proposal
from dspy_ci.suspects.evidence import Evidence

NAME = "stale-lock"

_LOCKS = (
    (r"uv\.lock|uv lock", "uv lock"),
    (r"poetry\.lock|poetry lock", "poetry lock"),
    (r"pdm\.lock", "pdm lock"),
    (r"Pipfile\.lock", "pipenv lock"),
    (r"package-lock\.json|npm ci", "npm install --package-lock-only"),
    (r"pnpm-lock\.yaml", "pnpm install --lockfile-only"),
    (r"yarn\.lock", "yarn install"),
    (r"Cargo\.lock|--locked", "cargo update --workspace"),
    (r"go\.sum|go mod tidy", "go mod tidy"),
    (r"terraform\.lock", "terraform init -upgrade"),
)
_STALE = re.compile(
    r"out of (?:date|sync)|not up.to.date|needs? to be updated|in sync|outdated|frozen|significantly changed"
    r"|go mod tidy",
    re.IGNORECASE,
)


def proposals(failure: Failure, evidence: Evidence) -> Iterator[Proposal]:
    """The command; what it resolves depends on the world outside, so nothing is changed here."""
    del evidence
    hint = failure.fixable_hint
    command = hint.text if hint and hint.kind == "command" else None
    if "stubs not installed" in failure.message or "stubs for" in failure.message:
        yield Proposal("missing-stubs", f"{failure.message}.", command)
    elif failure.kind in {"dependency", "packaging", "config", "command"} and _STALE.search(failure.message):
        known = next((cure for pattern, cure in _LOCKS if re.search(pattern, failure.message)), None)
        if command or known:
            text = "The lock file does not fit what it locks; locking again asks the package index, so you have to."
            yield Proposal(NAME, text, command or known)
