"""The verbs of PR comments: a written table, in the order of `/dspy help`."""

from __future__ import annotations

import re
from typing import NamedTuple


class Verb(NamedTuple):
    """What a verb takes and what it costs."""

    usage: str
    help: str
    spends: bool = False
    """Whether it counts as an attempt on the commit."""
    runs_code: bool = False
    """Whether code of the pull request is executed, in a sandbox."""
    changes: bool = False
    """Whether it pushes or starts something, so that we might answer ourselves."""
    takes: int = 0
    """How many arguments it may have."""
    needs: int = 0
    """How many arguments it must have."""


VERBS = {
    "fix": Verb(
        "fix [failure|sha]", "look for a patch, prove it, and post it", spends=True, runs_code=True, changes=True,
        takes=2,
    ),
    "plan": Verb("plan", "say what to do about the failures, with commands", spends=True),
    "explain": Verb("explain", "name the failures of this commit, root cause first", spends=True),
    "apply": Verb("apply [id]", "commit a verified patch to this branch", changes=True, takes=1),
    "retry": Verb(
        "retry [sha]", "run failed jobs again, when they failed by chance or from outside", spends=True, changes=True,
        takes=1,
    ),
    "edit": Verb(
        'edit "what to change"', "make a described change (needs a model)", spends=True, runs_code=True, changes=True,
        takes=2, needs=1,
    ),
    "score": Verb("score", "tests, types and lint of this commit as one number", spends=True, runs_code=True, takes=1),
    "ignore": Verb("ignore [failure]", "say no more about a failure, or about this pull request", takes=1),
    "help": Verb("help", "this list"),
}  # fmt: skip

_ARGUMENT = re.compile(r"[^-\s][^\x00-\x1f]{0,299}")
_PATCH_ID = re.compile(r"[0-9a-f]{4,64}")


def fault(verb: str, arguments: tuple[str, ...]) -> str | None:
    """What is wrong with the arguments of a known verb, for the person who wrote them; None when nothing is."""
    known = VERBS[verb]
    if not known.needs <= len(arguments) <= known.takes:
        return f"the command is `/dspy {known.usage}`"
    if verb == "edit":
        return None if arguments[0].strip() else "the change is not described"
    if any(not _ARGUMENT.fullmatch(one) for one in arguments):
        return f"these arguments cannot be meant: the command is `/dspy {known.usage}`"
    if verb == "apply" and any(not _PATCH_ID.fullmatch(one) for one in arguments):
        return "the id of a patch is written in the digits 0-9 and a-f"
    return None
