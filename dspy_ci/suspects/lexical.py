"""Functions whose words occur in the failure's message and in the failing test's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.codebase.functions import Function, functions
from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot

NAME = "lexical"
WEIGHT = 0.2

_COMMON = {
    "test",
    "tests",
    "self",
    "assert",
    "error",
    "assertionerror",
    "none",
    "true",
    "false",
    "with",
    "from",
    "line",
}


def clues(evidence: Evidence) -> Clues:
    """The share of a function's name and attribute words that the failures speak of, on its first line."""
    said = {word for text in _texts(evidence) for word in words(text)} - _COMMON
    found: dict[Spot, Clue] = {}
    for path in evidence.paths if said else ():
        tree = evidence.snapshot.tree(path)
        for function in functions(path, tree)[:-1] if tree else ():
            named = words(function.name)
            common = named & said
            if common:
                why = f"the failure speaks of {', '.join(sorted(common))}"
                found |= dict.fromkeys(_spots(function), Clue(len(common) / len(named), why))
    return found


def words(text: str) -> set[str]:
    """Identifiers and their parts, lower case, at least three letters."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)
    return {part.lower() for part in (*parts, *re.findall(r"[A-Za-z_]\w+", text)) if len(part) > 2}


def _texts(evidence: Evidence) -> Iterator[str]:
    for failure in evidence.failures:
        yield failure.message
        yield (failure.test_id or "").split("::")[-1]
    yield from (name.split("::")[-1] for name in evidence.red)


def _spots(function: Function) -> Iterator[Spot]:
    return (Spot(function.path, line) for line in range(function.start, function.end + 1))
