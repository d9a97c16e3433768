"""What `dspy-ci hook check` does, without anything that the command line alone needs: people wait for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dspy_ci.adapters.gittrees import GitTrees, place
from dspy_ci.adapters.rufflint import RuffLint
from dspy_ci.codebase.difference import Difference
from dspy_ci.commands.manners import mannerly
from dspy_ci.errors import ExitCode
from dspy_ci.failures.breaks.judge import breaks
from dspy_ci.reports.brief import brief
from dspy_ci.settings import load


def check() -> int:
    """Judge the staged tree, print what it breaks; the exit code."""
    return mannerly("check", _check)


def _check() -> int:
    where = place(Path.cwd())
    settings = load(where.root, os.environ)
    # `pre-commit run --from-ref A --to-ref B`, as in CI, asks about commits instead of the index
    ends = os.environ.get("PRE_COMMIT_FROM_REF") or "HEAD", os.environ.get("PRE_COMMIT_TO_REF") or None
    with GitTrees(where.root, *ends, cache=where.common / "dspy-ci") as trees:
        failures = breaks(Difference(trees, settings.hook_exclude), RuffLint())
    sys.stdout.write(brief(failures))
    return ExitCode.RED if failures else ExitCode.SUCCESS
