"""All kinds of breaks, in the order in which they explain each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dspy_ci.codebase.difference import Difference
from dspy_ci.failures.breaks import (
    collection,
    declared,
    files,
    fixtures,
    imports,
    lint,
    markers,
    members,
    strings,
    uses,
)
from dspy_ci.failures.failure import Failure
from dspy_ci.ports.linter import Linter

KINDS: tuple[Callable[[Difference], Iterator[Failure]], ...] = (
    imports.found, uses.found, members.found, fixtures.found, strings.found, files.found, collection.found,
    declared.found,
)  # fmt: skip
"""Those that need nothing but the trees; syntax and markers come before them."""
MOST = 1500
"""Changed modules up to which all kinds are looked for; whoever moves more of them at once waits for the tests."""


def breaks(difference: Difference, linter: Linter) -> tuple[Failure, ...]:
    """What the change breaks, each place once; a file that does not parse or merge has no other fault yet."""
    marked = tuple(markers.found(difference))
    spoilt = {failure.file for failure in marked}
    linted = [failure for failure in lint.found(difference, linter) if failure.file not in spoilt]
    seen: dict[tuple[str | None, int | None, str | None], Failure] = {}
    others = KINDS if len(difference.python) <= MOST else ()
    for failure in (*marked, *linted, *(failure for found in others for failure in found(difference))):
        if not difference.skips(failure.file or ""):
            seen.setdefault((failure.file, failure.line, failure.symbol), failure)
    return tuple(seen.values())
