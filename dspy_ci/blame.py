"""Which part of a change turns its base red, asked within a share of the time that a mending run has."""

from __future__ import annotations

import time

from dspy_ci.causes.culprit import Culprits, culprit
from dspy_ci.causes.hunk import changes
from dspy_ci.causes.laboratory import Laboratory
from dspy_ci.errors import MissingError
from dspy_ci.ports.sandbox import Copy, Sandbox
from dspy_ci.ports.trees import Trees
from dspy_ci.ports.trial import Trial

_MOST_FILES = 500
"""A change of more files is no change that a person made."""


def blame(past: Trees, trial: Trial, sandbox: Sandbox, seconds: float, lent: Copy) -> Culprits | None:
    """The guilty hunks with the best answer so far; None when there is nothing to compare with, or nobody can tell."""
    if not 0 < len(past.moves()) <= _MOST_FILES:
        return None
    with Laboratory(sandbox, "", time.monotonic() + seconds, lent=(lent,)) as lab:
        try:
            *_, found = culprit(changes(past), trial, lab)
        except MissingError:  # the tests run on other code than the copy's: the judge will say so, with its hint
            return None
    return found if isinstance(found, Culprits) else None
