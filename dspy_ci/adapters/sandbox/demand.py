"""When code may run only where it is isolated, and what is given up where it may run anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Origin = Literal["own", "model", "log", "pull request", "file"]
"""Where a patch came from; what is read out of the output of tests came from a log."""

_SHOWN: Mapping[Origin, str] = {
    "own": "code of your own",
    "model": "what a model wrote",
    "log": "what was made from the output of tests",
    "pull request": "what came with a pull request",
    "file": "a patch of which nobody knows who wrote it",
}
_NO = frozenset({"", "0", "false", "no"})
_CI = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION")
GIVEN_UP = (
    "runs with all of your powers: it can read your files and tokens, use the network, and change what lies outside of "
    "the copy"
)
"""What follows the name of something that runs at tier E."""


def demanded(environment: Mapping[str, str], origin: Origin, *, allowed: bool = False) -> bool:
    """Whether a patch of that origin may run at tier B or better only: in CI, and for a file everywhere.

    `allowed` is the user's own word that it need not be so.
    """
    return not allowed and (origin == "file" or (origin != "own" and in_ci(environment)))


def in_ci(environment: Mapping[str, str]) -> bool:
    """Whether a machine runs us, with tokens that no patch may see."""
    return any(environment.get(name, "").lower() not in _NO for name in _CI)


def shown(origin: Origin) -> str:
    """The origin in words that a sentence can begin with."""
    return _SHOWN[origin]
