"""The one edit that cures a break, where there is exactly one and it is proved; else nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dspy_ci.codebase.difference import Difference
from dspy_ci.failures.breaks.judge import breaks
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers import left_behind, syntax, undefined_name
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.linter import Linter
from dspy_ci.ports.trees import Patched, Trees
from dspy_ci.suspects.evidence import Evidence

_ROUNDS = 4
_MOST = 8
"""How many candidates for one break are tried."""


def cured(trees: Trees, excluded: tuple[str, ...], linter: Linter) -> Mapping[str, tuple[bytes, str]]:
    """The files that are to be changed: their new bytes, and what was done in words."""
    files: dict[str, bytes | None] = {}
    said: dict[str, list[str]] = {}
    for _ in range(_ROUNDS):
        difference = Difference(Patched(trees, files) if files else trees, excluded)
        failures = breaks(difference, linter)
        steps = _steps(difference, failures, linter)
        if not steps:
            break
        for patch in steps:
            files.update(patch.files)
            for path in patch.files:
                said.setdefault(path, []).append(patch.rationale)
    return {path: (data, " ".join(said[path])) for path, data in files.items() if data is not None}


def _steps(difference: Difference, failures: tuple[Failure, ...], linter: Linter) -> list[Patch]:
    """Cures for as many failures as can be cured side by side, each in files of its own."""
    found: list[Patch] = []
    touched: set[str] = set()
    for failure in failures:
        if failure.file in touched:
            continue
        good = [
            patch for patch in _candidates(failure, difference) if _proves(patch, failure, difference, linter, failures)
        ]
        if len({patch.diff for patch in good}) == 1 and touched.isdisjoint(good[0].files):
            found.append(good[0])
            touched.update(good[0].files)
    return found


def _candidates(failure: Failure, difference: Difference) -> Iterator[Patch]:
    yield from left_behind.follows(failure, difference)
    if failure.file is None or failure.code not in {"invalid-syntax", "undefined-name"}:
        return
    evidence = Evidence(difference.after, (failure,))
    if failure.code == "undefined-name":
        said = replace(failure, message=f"name '{failure.symbol}' is not defined")
        patches = undefined_name.fixes(said, evidence)
    else:
        patches = (patch for patch in syntax.fixes(failure, evidence) if set(patch.files) == {failure.file})
    for _, patch in zip(range(_MOST), patches, strict=False):
        yield patch


def _proves(
    patch: Patch, failure: Failure, difference: Difference, linter: Linter, failures: tuple[Failure, ...]
) -> bool:
    """Whether the failure is gone with the patch, and nothing came in its place."""
    after = breaks(Difference(Patched(difference.trees, patch.files), difference.excluded), linter)
    known = {other.fingerprint for other in failures}
    left = {other.fingerprint for other in after if other.file in patch.files or other.fingerprint not in known}
    return failure.fingerprint not in left and left <= known
