"""Sandboxes on this machine, one copy per worker."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dspy_ci.adapters.sandbox.confine import Limits, Tier
from dspy_ci.adapters.sandbox.copy import KeptCopy, Plan
from dspy_ci.adapters.sandbox.layout import layout
from dspy_ci.errors import SandboxError
from dspy_ci.ports.sandbox import Guarantees

GUARANTEES: Mapping[Tier, Guarantees] = {
    "A": Guarantees(
        tier="A",
        name="namespaces and an overlay over the original path",
        files="nothing of the user's can be read or written but the repository, read-only below an overlay",
        network="none but its own loopback",
        secrets="clean environment, no home, no other process visible, no credential of git",
        processes="ended with their namespace; memory of each and of all, files, disk and processes capped",
    ),
    "B": Guarantees(
        tier="B",
        name="Landlock and seccomp around a copy",
        files="only the copy can be written, only copy, system and environment read; chmod and utime are not stopped",
        network="none, not even its own loopback",
        secrets="clean environment, no home, memory of other processes closed",
        processes="descendants swept; memory of each and of all, file size and processes capped, disk not",
    ),
    "E": Guarantees(
        tier="E",
        name="plain process in a copy",
        files="not protected",
        network="open",
        secrets="own environment cleaned, files readable",
        processes="time limit, descendants swept; memory of each and of all and file size capped",
    ),
}


@dataclass(frozen=True, slots=True)
class LocalSandbox:
    """Opens copies of one folder at one tier."""

    root: str
    tier: Tier = "E"
    env: Mapping[str, str] = field(default_factory=dict)
    """What the project needs in its environment and the user has named."""
    limits: Limits = field(default_factory=Limits)

    @property
    def guarantees(self) -> Guarantees:
        """See Sandbox."""
        return GUARANTEES[self.tier]

    def open(self) -> KeptCopy:
        """See Sandbox."""
        source = os.path.realpath(self.root)
        if not Path(source).is_dir():
            raise SandboxError(f"{self.root} is not a folder")
        return KeptCopy(Plan(source, self.tier, layout(source), self.env, self.limits))
