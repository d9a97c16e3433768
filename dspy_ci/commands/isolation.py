"""The sandbox for what a verb is about to run: isolated where that is demanded, and said where it is not."""

from __future__ import annotations

import os
import sys

from dspy_ci.adapters.sandbox.choice import chosen
from dspy_ci.adapters.sandbox.demand import GIVEN_UP, Origin, demanded, in_ci, shown
from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.settings import Settings


def sandbox_for(root: str, settings: Settings, origin: Origin, *, quiet: bool = False) -> LocalSandbox:
    """The best sandbox that holds here for patches of that origin; what it gives up is said on standard error.

    Raises IsolationError (exit code 4) when isolation is demanded and cannot be had, see `adapters.sandbox.demand`.
    """
    isolated = demanded(os.environ, origin, allowed=settings.allow_unsandboxed)
    sandbox = chosen(root, settings.sandbox, isolated=isolated)
    if sandbox.tier == "E" and (in_ci(os.environ) or not quiet):
        sys.stderr.write(f"dspy-ci: nothing isolates here: {shown(origin)} {GIVEN_UP}\n")
    return sandbox
