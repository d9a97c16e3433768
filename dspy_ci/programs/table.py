"""All programs by name."""

from __future__ import annotations

from collections.abc import Mapping

from dspy_ci.errors import UsageError
from dspy_ci.programs import code, context, edit, orchestrate, plan
from dspy_ci.programs.program import Program

PROGRAMS: Mapping[str, Program] = {part.PROGRAM.name: part.PROGRAM for part in (context, plan, code, edit, orchestrate)}
_ALIASES = {"task": "plan", "codegen": "edit", "orchestrator": "orchestrate"}
"""What training data calls them."""


def program(name: str) -> Program:
    """The program of that name, or of the name that training data has for it. Raises UsageError."""
    found = PROGRAMS.get(_ALIASES.get(name, name))
    if found is None:
        raise UsageError(f"there is no program {name!r}", hint=f"the programs are {', '.join(PROGRAMS)}")
    return found
