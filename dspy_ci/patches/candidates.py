"""All changes that the templates know for the suspects, the most promising first."""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache, partial
from itertools import accumulate
from math import prod
from typing import NamedTuple

from dspy_ci.codebase.functions import Function, function_at, functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.codebase.spans import Spans, spans_of
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.templates.place import Mutation, Place
from dspy_ci.patches.templates.table import FAMILIES, Family
from dspy_ci.suspects.priors import SHIPPED, Priors, shape
from dspy_ci.suspects.suspect import Suspect

Traits = tuple[Mutation, Family, ast.AST, Place]
"""Where a change comes from."""

_HEAD = 0.5
"""How much a function's head, with its default values, is suspected beside its most suspected statement."""


class Sheaf(NamedTuple):
    """The candidates at one statement, not made before they are wanted."""

    score: float
    """How promising the best of them may be."""
    make: Callable[[], list[Patch]]


def candidates(snapshot: Snapshot, suspects: Sequence[Suspect], priors: Priors = SHIPPED) -> list[Patch]:
    """Every template's changes at the suspects; the weight is suspicion times the odds of family and change.

    What was learnt of the repository's bugs weighs in.
    """
    found = (patch for sheaf in sheaves(snapshot, suspects, priors) for patch in sheaf.make())
    return sorted(found, key=lambda patch: (-patch.weight, patch.edits))


def sheaves(snapshot: Snapshot, suspects: Sequence[Suspect], priors: Priors = SHIPPED) -> Iterator[Sheaf]:
    """The same by statement, so that only as many are made as are tried."""
    top = priors.most
    for statement, score, place in _suspected(snapshot, suspects):
        yield Sheaf(score * top, partial(_weighed, statement, score, place, snapshot, priors))


def described(snapshot: Snapshot, suspects: Sequence[Suspect]) -> list[tuple[Patch, tuple[str, ...]]]:
    """The same changes without what was learnt, each with what can be learnt about it."""
    return [
        (patch, _features(*traits))
        for statement, score, place in _suspected(snapshot, suspects)
        for patch, traits in _at(statement, score, place, snapshot)
    ]


def _suspected(snapshot: Snapshot, suspects: Sequence[Suspect]) -> Iterator[tuple[ast.AST, float, Place]]:
    """Suspected statements with their scores, and the heads of their functions."""
    for place, scores in _places(snapshot, suspects):
        for statement in place.statements:
            if score := scores.get(statement.lineno, 0.0):
                yield statement, score, place
        if not isinstance(place.function.node, ast.Module) and (score := _HEAD * max(scores.values())):
            yield place.function.node, score, place


def _places(snapshot: Snapshot, suspects: Sequence[Suspect]) -> Iterator[tuple[Place, Mapping[int, float]]]:
    """The suspects' functions, each with the scores of its lines, in the order of their strongest suspect."""
    grouped: dict[Function, dict[int, float]] = {}
    for suspect in sorted(suspects, key=lambda suspect: -suspect.score):
        tree = snapshot.tree(suspect.file)
        found = _functions(suspect.file, tree) if tree else ()
        named = (known for known in found if known.name == (suspect.symbol or "") and suspect.start in known)
        function = next(named, None) or function_at(found, suspect.start)
        if function:
            grouped.setdefault(function, {})[suspect.start] = suspect.score
    for function, scores in grouped.items():
        place = Place.of(snapshot, function)
        if place:
            yield place, scores


def _weighed(statement: ast.AST, score: float, place: Place, snapshot: Snapshot, priors: Priors) -> list[Patch]:
    found = _at(statement, score, place, snapshot)
    if not priors.factors:
        return [patch for patch, _ in found]
    return [replace(patch, weight=patch.weight * priors.weight(_features(*traits))) for patch, traits in found]


def _at(statement: ast.AST, score: float, place: Place, snapshot: Snapshot) -> Iterator[tuple[Patch, Traits]]:
    is_head = statement is place.function.node
    for node in _defaults(place) if is_head else place.nodes(statement):  # type: ignore[arg-type]
        for family in FAMILIES:
            for mutation in family.mutations(node, place):
                yield _patch(mutation, family, score, place, snapshot), (mutation, family, statement, place)


def _defaults(place: Place) -> Iterator[ast.AST]:
    """A function's head and its plain default values."""
    head = place.function.node
    yield head
    if not isinstance(head, ast.Module):
        yield from (value for value in (*head.args.defaults, *head.args.kw_defaults) if isinstance(value, ast.Constant))


def _features(mutation: Mutation, family: Family, statement: ast.AST, place: Place) -> tuple[str, ...]:
    """From the coarse to the fine."""
    general = shape(mutation.why)
    return (
        f"file:{place.path}",
        f"statement:{type(statement).__name__}",
        f"family:{family.NAME}",
        f"change:{family.NAME}: {general}",
        f"exact:{family.NAME}: {mutation.why}",
    )


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
        self._seen: set[tuple[tuple[str, int, str], ...]] = set()

    def is_new(self, patch: Patch) -> bool:
        """Whether the patched code compiles, differs from the base, and was not seen before; remembers it."""
        parts = [_meaning(patch, path) for path in sorted({edit.path for edit in patch.edits})]
        key = tuple(part for part in parts if part)
        if len(key) < len(parts) or key in self._seen:
            return False
        self._seen.add(key)
        return True


def _meaning(patch: Patch, path: str) -> tuple[str, int, str] | None:
    """A fingerprint of the changed part of a file; None when it does not compile or means the same as before."""
    text, tree = patch.base.text(path), patch.base.tree(path)
    edits = sorted(edit for edit in patch.edits if edit.path == path)
    if text is None or tree is None or any(edit.text is None for edit in edits):
        source = patch.sources[path]
        return (path, 0, source.text if source else "")
    start, end = _around(path, tree, spans_of(text), edits)
    before = after = text[start:end]
    for edit in reversed(edits):
        after = after[: edit.start - start] + (edit.text or "") + after[edit.end - start :]
    meaning = _syntax(after)
    return None if meaning is None or meaning == _syntax(before) else (path, start, meaning)


def _around(path: str, tree: ast.Module, spans: Spans, edits: Sequence[Edit]) -> tuple[int, int]:
    """The span of the function, or of the top-level statements, that the edits touch: whole files take too long."""
    first, last = spans.line_of(edits[0].start), spans.line_of(edits[-1].end)
    for function in _functions(path, tree)[:-1]:
        if function.start <= first and last <= function.end:
            return spans.line_start(function.start), spans.line_start(function.end + 1)
    touched = [node for node in tree.body if _first_line(node) <= last and (node.end_lineno or 0) >= first]
    start = min([first, *(_first_line(node) for node in touched)])
    end = max([last, *(node.end_lineno or 0 for node in touched)])
    return spans.line_start(start), spans.line_start(end + 1)


@lru_cache(maxsize=16)
def _functions(path: str, tree: ast.Module) -> tuple[Function, ...]:
    return functions(path, tree)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


@lru_cache(maxsize=512)
def _syntax(code: str) -> str | None:
    """The code's tree in words, hashed; None when it does not compile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(f"class Around:\n{code}" if code[:1] in " \t" else code)
            compile(tree, "candidate", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return hashlib.sha1(ast.dump(tree).encode(errors="replace"), usedforsecurity=False).hexdigest()


def merged(base: Snapshot, patches: Iterable[Patch]) -> Patch:
    """Patches made one upon the other, as one patch of the base."""
    steps = list(patches)
    final = {path: source for patch in steps for path, source in patch.sources.items()}
    edits: list[Edit] = []
    for path, source in final.items():
        before = base.text(path) or ""
        if source is None:
            edits.append(Edit(path, 0, len(before), None))
        else:
            edits += (Edit(path, *span) for span in _differences(before, source.text))
    why = " ".join(patch.rationale for patch in steps)
    weight = prod(step.weight for step in steps) * 0.5 ** (len(steps) - 1)
    return Patch(base, tuple(edits), steps[0].origin, why, weight=weight)


def _differences(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """The spans in which two texts differ: whole lines where there are several."""
    start, end, text = _difference(old, new)
    olds, news = old[start:end].splitlines(keepends=True), text.splitlines(keepends=True)
    if len(olds) < 3 or len(olds) > 400:
        yield start, end, text
        return
    places = [start, *(start + size for size in accumulate(map(len, olds)))]
    for tag, first, last, begin, stop in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if tag != "equal":
            yield places[first], places[last], "".join(news[begin:stop])


def _difference(old: str, new: str) -> tuple[int, int, str]:
    """The one span in which two texts differ."""
    limit = min(len(old), len(new))
    start = _alike(limit, lambda size: old[:size] == new[:size])
    tail = _alike(limit - start, lambda size: old[len(old) - size :] == new[len(new) - size :])
    return start, len(old) - tail, new[start : len(new) - tail]


def _alike(limit: int, same: Callable[[int], bool]) -> int:
    """The greatest size up to the limit for which two texts are the same; found by halving."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if same(middle) else (low, middle - 1)
    return low
