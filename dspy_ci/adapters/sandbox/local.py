"""Sandboxes on this machine, one copy per worker."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dspy_ci.adapters.sandbox.confine import Limits
from dspy_ci.adapters.sandbox.copy import KeptCopy
from dspy_ci.adapters.sandbox.layout import layout
from dspy_ci.errors import SandboxError
from dspy_ci.ports.sandbox import Guarantees

PLAIN = Guarantees(
    tier="E",
    name="plain process",
    files="not protected",
    network="open",
    secrets="own environment cleaned, files readable",
    processes="time limit, descendants swept, memory and file size capped",
)


@dataclass(frozen=True, slots=True)
class LocalSandbox:
    """Opens copies of one folder at one tier."""

    root: str
    guarantees: Guarantees = PLAIN
    env: Mapping[str, str] = field(default_factory=dict)
    """What the project needs in its environment and the user has named."""
    limits: Limits = field(default_factory=Limits)

    def open(self) -> KeptCopy:
        """See Sandbox."""
        source = os.path.realpath(self.root)
        if not Path(source).is_dir():
            raise SandboxError(f"{self.root} is not a folder")
        folder = tempfile.mkdtemp(prefix="dspy-ci-", dir=_fastest(source))
        return KeptCopy(source, folder, layout(source), env=self.env, limits=self.limits)


def _fastest(source: str) -> str | None:
    """Shared memory when it can hold the copy with room to spare, else the folder for temporary files."""
    memory = "/dev/shm"  # noqa: S108 - a folder of ours with a random name and mode 700 is made in it
    if not os.access(memory, os.W_OK) or source.startswith(memory):
        return None
    return memory if shutil.disk_usage(memory).free > 1 << 30 else None
