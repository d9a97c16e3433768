"""The one edit that cures a break, where there is exactly one and it is proved; else nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
    groups: dict[tuple[str | None, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.file, failure.fingerprint), []).append(failure)
    trial = _Trial(difference, failures, linter)
    return _followers(list(groups.values()), trial) or _singles(list(groups.values()), trial)


def _followers(groups: Sequence[Sequence[Failure]], trial: _Trial) -> list[Patch]:
    """All uses that a rename left behind, proved in one go: there may be hundreds."""
    found: list[tuple[Failure, Patch]] = []
    files: dict[str, bytes | None] = {}
    for group in groups:
        for patch in left_behind.follows(group, trial.difference):
            if files.keys().isdisjoint(patch.files):
                found.append((group[0], patch))
                files.update(patch.files)
    left = trial.left(files) if files else frozenset()
    return [patch for failure, patch in found if failure.fingerprint not in left] if left <= trial.known else []


def _singles(groups: Sequence[Sequence[Failure]], trial: _Trial) -> list[Patch]:
    """Cures that are proved one by one; two that both help are no cure."""
    found: list[Patch] = []
    touched: set[str] = set()
    for group in groups:
        if group[0].file in touched:
            continue
        good = [patch for patch in _candidates(group, trial.difference) if trial.helps(patch, group[0])]
        if len({patch.diff for patch in good}) == 1 and touched.isdisjoint(good[0].files):
            found.append(good[0])
            touched.update(good[0].files)
    return found


@dataclass(frozen=True)
class _Trial:
    """A change with its failures, against which patches are tried."""

    difference: Difference
    failures: tuple[Failure, ...]
    linter: Linter

    @property
    def known(self) -> frozenset[str]:
        return frozenset(failure.fingerprint for failure in self.failures)

    def left(self, files: Mapping[str, bytes | None]) -> frozenset[str]:
        """The failures of the files that are there with the patch, and whatever is new elsewhere."""
        after = breaks(Difference(Patched(self.difference.trees, files), self.difference.excluded), self.linter)
        return frozenset(
            failure.fingerprint for failure in after if failure.file in files or failure.fingerprint not in self.known
        )

    def helps(self, patch: Patch, failure: Failure) -> bool:
        """Whether the failure is gone with the patch, and nothing came in its place."""
        left = self.left(patch.files)
        return failure.fingerprint not in left and left <= self.known


def _candidates(group: Sequence[Failure], difference: Difference) -> Iterator[Patch]:
    yield from left_behind.follows(group, difference)
    failure = group[0]
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
