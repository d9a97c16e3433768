"""Choosing the tier: the best that holds on this machine, never less than what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import cast, get_args

from dspy_ci.adapters.sandbox import container, seatbelt
from dspy_ci.adapters.sandbox.confine import Limits, Tier
from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.adapters.sandbox.preflight import Trial, trials
from dspy_ci.errors import IsolationError, SandboxError, UsageError

NO_ENV: Mapping[str, str] = {}
UNTRIED: Mapping[str, tuple[str, Callable[[], str]]] = {
    "C": ("Seatbelt", seatbelt.obstacle),
    "D": ("docker", container.obstacle),
}
"""Tiers that are written but never chosen: their name, and why not here."""


def chosen(root: str, wanted: str = "auto", *, isolated: bool = False, env: Mapping[str, str] = NO_ENV) -> LocalSandbox:
    """A sandbox for a folder at the wanted tier, or at the best one that holds here.

    `isolated` asks for B or better, see `demand`. Raises IsolationError when no such tier holds or another one is
    wanted, SandboxError when the wanted one does not hold, UsageError when it does not exist.
    """
    letter = wanted.strip().upper()
    if letter in UNTRIED:
        name, obstacle = UNTRIED[letter]
        raise SandboxError(f"tier {letter} ({name}) is not used: {obstacle()}", hint="use --sandbox auto")
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
        raise _not_isolated(found.values(), asked=letter == "E")
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
        wrong = " ".join(f"{name.replace('/', '.')}={right}" for name, right in _SWITCHES if _differs(name, right))
        return f"sudo sysctl -w {wrong}" if wrong else "run outside of the container, or allow it user namespaces"
    if trial.tier == "B":
        return "a kernel from 6.12 on with lsm=landlock,... in its command line"
    return None


_SWITCHES = (
    ("kernel/apparmor_restrict_unprivileged_userns", "0"),
    ("kernel/unprivileged_userns_clone", "1"),
    ("user/max_user_namespaces", "15000"),
)
"""Switches of the kernel that must not be off for namespaces."""


def _differs(name: str, right: str) -> bool:
    """Whether a switch exists and forbids what we need."""
    try:
        value = Path("/proc/sys", name).read_text(encoding="ascii").strip()
    except OSError:
        return False
    return value == "0" if right != "0" else value != "0"


def _not_isolated(found: Iterable[Trial], *, asked: bool) -> IsolationError:
    """The refusal, with the command that would raise the tier."""
    better = [trial for trial in found if trial.tier != "E"]
    waive = "--allow-unsandboxed runs it with all of your powers"
    if asked and any(trial.works for trial in better):
        return IsolationError("tier E isolates nothing, and this code may only run where it is isolated",
                              hint=f"leave --sandbox away, or name A or B; {waive}")  # fmt: skip
    ways = [way for trial in better if (way := raised(trial))]
    return IsolationError(
        "this code may only run in a sandbox that isolates, and none holds here "
        f"({'; '.join(f'{trial.tier}: {reason(trial)}' for trial in better)})",
        hint="; or ".join((*ways, waive)),
    )
