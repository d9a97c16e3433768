"""Choosing the tier: the best that holds on this machine, never less than what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from dspy_ci.adapters.sandbox.confine import Limits, Tier
from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import Trial, trials
from dspy_ci.errors import SandboxError, UsageError

NO_ENV: Mapping[str, str] = {}
_UNWRITTEN = {"C": "tier C (Seatbelt) needs macOS", "D": "tier D (docker) is not available in this version"}


def chosen(root: str, wanted: str = "auto", *, isolated: bool = False, env: Mapping[str, str] = NO_ENV) -> LocalSandbox:
    """A sandbox for a folder at the wanted tier, or at the best one that holds here.

    `isolated` asks for B or better: for code that came from a model, a log or somebody else's pull request. Raises
    SandboxError when no such tier holds, UsageError when the wanted one does not exist.
    """
    letter = wanted.strip().upper()
    if letter in _UNWRITTEN:
        raise SandboxError(_UNWRITTEN[letter], hint="use --sandbox auto")
    if letter != "AUTO" and letter not in get_args(Tier):
        raise UsageError(f"there is no sandbox {wanted!r}", hint="use auto, A, B or E")
    found = {trial.tier: trial for trial in trials()}
    if letter != "AUTO":
        trial = found[cast("Tier", letter)]
        if not trial.works:
            raise SandboxError(f"sandbox tier {letter} does not hold here: {reason(trial)}", hint=raised(trial))
        best = trial.tier
    else:
        best = next((tier for tier, trial in found.items() if trial.works), "E")
    if isolated and best == "E":
        raise SandboxError(
            "this code may only run in a sandbox that isolates, and none holds here",
            hint="run `dspy-ci doctor` to see what is missing; --allow-unsandboxed runs it with all of your powers",
        )
    return LocalSandbox(root, best, env, Limits())


def reason(trial: Trial) -> str:
    """Why a tier is not used."""
    if trial.problem:
        return trial.problem
    return f"leaks {', '.join(trial.leaks)}" if trial.leaks else "holds"


def raised(trial: Trial) -> str | None:
    """What would make a tier hold."""
    if trial.works:
        return None
    if trial.tier == "A":
        return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 kernel.unprivileged_userns_clone=1"
    if trial.tier == "B":
        return "a kernel from 6.12 on with lsm=landlock,... in its command line"
    return None
