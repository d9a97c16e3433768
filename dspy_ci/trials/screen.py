"""The screen: candidates of the search tried many at a time; what it lets through is tried again by the jury."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import Copy
from dspy_ci.trials.jury import Jury
from dspy_ci.trials.session import Entry, Said, tried
from dspy_ci.trials.trial import Trial, gain
from dspy_ci.trials.versions import version


def screened(patches: Sequence[Patch], jury: Jury, copy: Copy, seconds: float) -> dict[tuple[Edit, ...], Trial]:
    """What became of the candidates that could be screened within the time; a full gain is a hint, no proof."""
    pairs = [(patch, found) for patch in patches if (found := version(patch))]
    if not pairs or any("::" not in name for name in jury.targets):
        return {}
    entries = [Entry(found, jury.targets, jury.guards, jury.run.timeout / 2) for _, found in pairs]
    texts = {edit.path: patch.base.text(edit.path) or "" for patch, _ in pairs for edit in patch.edits}
    run = replace(jury.run, per_test=max(0.12, (jury.run.per_test or 1.0) / 3))
    said = tried(entries, run, copy, seconds, texts=texts)
    trials = (_trial(patch, said[number], jury) for number, (patch, _) in enumerate(pairs) if number in said)
    return {trial.patch.edits: trial for trial in trials}


def _trial(patch: Patch, said: Said, jury: Jury) -> Trial:
    """Read the digits."""
    fixed = frozenset(name for name, digit in zip(jury.targets, said.targets, strict=False) if digit == "1")
    changed = sum(error not in jury.errors.values() for error in said.errors)
    lost = said.guards.count("0")
    return Trial(patch, fixed, gain(fixed, lost, len(jury.targets), changed if any(jury.errors.values()) else 0))
