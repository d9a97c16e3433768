"""All changes that the templates know for the suspects, the most promising first."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod

from dspy_ci.codebase.functions import Function, function_at, functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.templates.place import Mutation, Place
from dspy_ci.patches.templates.table import FAMILIES, Family
from dspy_ci.suspects.suspect import Suspect


def candidates(snapshot: Snapshot, suspects: Sequence[Suspect]) -> list[Patch]:
    """Every template's changes at every suspect; the weight is suspicion times the odds of family and change."""
    found = [patch for place, scores in _places(snapshot, suspects) for patch in _at(place, scores, snapshot)]
    return sorted(found, key=lambda patch: (-patch.weight, patch.edits))


def _places(snapshot: Snapshot, suspects: Sequence[Suspect]) -> Iterator[tuple[Place, Mapping[int, float]]]:
    by_path: dict[str, list[Suspect]] = {}
    for suspect in suspects:
        by_path.setdefault(suspect.file, []).append(suspect)
    for path, own in by_path.items():
        tree = snapshot.tree(path)
        found = functions(path, tree) if tree else ()
        grouped: dict[Function, dict[int, float]] = {}
        for suspect in own:
            function = next((known for known in found if known.name == (suspect.symbol or "")), None)
            function = function or function_at(found, suspect.start)
            if function:
                grouped.setdefault(function, {})[suspect.start] = suspect.score
        for function, scores in grouped.items():
            place = Place.of(snapshot, function)
            if place:
                yield place, scores


def _at(place: Place, scores: Mapping[int, float], snapshot: Snapshot) -> Iterator[Patch]:
    for statement in place.statements:
        score = scores.get(statement.lineno, 0.0)
        for node in place.nodes(statement) if score else ():
            for family in FAMILIES:
                for mutation in family.mutations(node, place):
                    yield _patch(mutation, family, score, place, snapshot)


def _patch(mutation: Mutation, family: Family, score: float, place: Place, snapshot: Snapshot) -> Patch:
    edits = tuple(Edit(place.path, *span) for span in mutation.spans)
    where = f"`{place.function.name}`" if place.function.name else place.path
    rationale = f"{where} {mutation.why}."
    weight = score * family.PRIOR * mutation.odds
    return Patch(snapshot, edits, f"template:{family.NAME}", rationale, weight=weight)


class Known:
    """The changes that were seen, by what they mean: two spellings of the same code are one change."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._seen: set[tuple[tuple[str, int], ...]] = set()

    def is_new(self, patch: Patch) -> bool:
        """Whether the patched code compiles, differs from the base, and was not seen before; remembers it."""
        parts = [_meaning(patch, path) for path in sorted({edit.path for edit in patch.edits})]
        if None in parts:
            return False
        key = tuple(part for part in parts if part)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def _meaning(patch: Patch, path: str) -> tuple[str, int] | None:
    """A fingerprint of the changed file's syntax; None when it does not compile or means the same as before."""
    source = patch.sources[path]
    if source is None or not path.endswith(".py"):
        return (path, hash(source and source.text))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text)
            compile(tree, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    before = patch.base.tree(path)
    meaning = ast.dump(tree)
    return None if before and meaning == ast.dump(before) else (path, hash(meaning))


def merged(base: Snapshot, patches: Iterable[Patch]) -> Patch:
    """Patches made one upon the other, as one patch of the base."""
    steps = list(patches)
    final = {path: source for patch in steps for path, source in patch.sources.items()}
    edits = []
    for path, source in final.items():
        before = base.text(path) or ""
        edits.append(Edit(path, *_difference(before, source.text)) if source else Edit(path, 0, len(before), None))
    why = " ".join(patch.rationale for patch in steps)
    weight = prod(step.weight for step in steps) * 0.5 ** (len(steps) - 1)
    return Patch(base, tuple(edits), steps[0].origin, why, weight=weight)


def _difference(old: str, new: str) -> tuple[int, int, str]:
    """The one span in which two texts differ."""
    limit = min(len(old), len(new))
    start = next((at for at in range(limit) if old[at] != new[at]), limit)
    tail = next((at for at in range(limit - start) if old[-1 - at] != new[-1 - at]), limit - start)
    return start, len(old) - tail, new[start : len(new) - tail]
