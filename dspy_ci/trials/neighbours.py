"""The nearest changes to a patch: where the tests cannot tell the patch from them, the patch is a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dspy_ci.codebase.functions import function_at, functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.candidates import Known, candidates, merged
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import Copy
from dspy_ci.suspects.suspect import Suspect
from dspy_ci.trials.jury import Jury
from dspy_ci.trials.screen import screened

_WORD = re.compile(r"\w+|[^\w\s]")
_MOST = 48
"""How many neighbours are tried."""


def neighbours(patch: Patch) -> list[Patch]:
    """Changes of what the patch wrote, each as a whole against the patch's own base."""
    snapshot = patch.base.with_files(patch.files)
    written = list(_written(patch))
    suspects = [suspect for path, start, end in written for suspect in _suspects(snapshot, path, start, end)]
    known = Known()
    known.is_new(patch)
    found = []
    for mutant in candidates(snapshot, suspects):
        if not _adds(mutant) and any(_touches(edit, written) for edit in mutant.edits):
            whole = merged(patch.base, (patch, mutant))
            if known.is_new(whole):
                found.append(whole)
        if len(found) == _MOST:
            break
    return found


def survivors(patch: Patch, jury: Jury, copy: Copy, seconds: float) -> tuple[int, tuple[Patch, ...]]:
    """How many neighbours were tried, and those that all tests let pass."""
    trials = screened(neighbours(patch), jury, copy, seconds)
    return len(trials), tuple(trial.patch for trial in trials.values() if trial.plausible)


def _written(patch: Patch) -> Iterator[tuple[str, int, int]]:
    """Where in the patched files the new text stands."""
    for path in sorted({edit.path for edit in patch.edits}):
        moved = 0
        for edit in sorted(edit for edit in patch.edits if edit.path == path):
            size = len(edit.text or "")
            yield path, edit.start + moved, edit.start + moved + size
            moved += size - (edit.end - edit.start)


def _suspects(snapshot: Snapshot, path: str, start: int, end: int) -> Iterator[Suspect]:
    text, tree = snapshot.text(path), snapshot.tree(path)
    if text is None or tree is None:
        return
    first, last = text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1
    found = functions(path, tree)
    for line in range(first, last + 1):
        function = function_at(found, line)
        yield Suspect(path, line, line, 1.0, function.name if function and function.name else None)


def _adds(mutant: Patch) -> bool:
    """Whether the change only makes the code longer: a complication that nobody asked for is no rival."""
    return any(
        len(_WORD.findall(edit.text or ""))
        > len(_WORD.findall((mutant.base.text(edit.path) or "")[edit.start : edit.end]))
        for edit in mutant.edits
    )


def _touches(edit: Edit, written: Sequence[tuple[str, int, int]]) -> bool:
    return any(edit.path == path and edit.start <= end and start <= edit.end for path, start, end in written)
