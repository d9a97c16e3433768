"""Where a comment can stand: the hunks of a patch against the hunks of the pull request, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dspy_ci.deliveries.diffs import Change, FileDiff
from dspy_ci.ports.forge import ChangedFile
from dspy_ci.ports.hunklines import right_lines
from dspy_ci.reports.markdown import hides

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_LONGEST = 100
"""Lines of one suggestion; a longer one is easier to read as a diff."""
_NEAR = 3
"""Changes with so few lines between them become one suggestion."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the diff of a pull request shows of a file as it is now."""

    hunks: Mapping[int, int]
    """Line -> number of its hunk."""
    texts: Mapping[int, str]
    """Line -> what stands there."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Lines of a file, and what a suggestion puts in their place."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a patch is no suggestion."""

    reason: str


def shown(files: Sequence[ChangedFile]) -> dict[str, Shown]:
    """By path, what a pull request shows; files that it removes or does not show at all are left out."""
    return {file.path: _shown(file.patch) for file in files if file.patch and file.status != "removed"}


def _shown(patch: str) -> Shown:
    texts: dict[int, str] = {}
    line = left = 0
    for text in patch.split("\n"):
        if match := _HUNK.match(text):
            line, left = int(match[1]), int(match[2] or 1)
        elif left and text[:1] in {" ", "+"}:
            texts[line] = text[1:]
            line, left = line + 1, left - 1
    return Shown(right_lines(patch), texts)


def spots(files: Sequence[FileDiff], diff: Mapping[str, Shown]) -> tuple[Spot, ...] | Misfit:
    """The suggestions that make up a whole patch; or why it cannot be made of suggestions.

    A patch was proved as a whole, so a part of it is never offered alone.
    """
    found: list[Spot] = []
    for file in files:
        if file.kind != "changed":
            return Misfit(f"a suggestion cannot {'add' if file.kind == 'added' else 'remove'} a file")
        seen = diff.get(file.path)
        if seen is None:
            return Misfit("it changes a file that the pull request does not change")
        for group in _groups(file.changes, seen):
            spot = _spot(file, group, seen)
            if isinstance(spot, Misfit):
                return spot
            found.append(spot)
    return tuple(found)


def _groups(changes: Sequence[Change], seen: Shown) -> Iterator[tuple[Change, ...]]:
    """Changes that are so near to each other that one suggestion holds them."""
    group: list[Change] = []
    for change in changes:
        if group and not (change.start - group[-1].end - 1 <= _NEAR and _same_hunk(group[-1], change, seen)):
            yield tuple(group)
            group = []
        group.append(change)
    if group:
        yield tuple(group)


def _same_hunk(one: Change, other: Change, seen: Shown) -> bool:
    between = range(one.start, other.start)
    hunk = seen.hunks.get(one.start)
    return hunk is not None and all(seen.hunks.get(line) == hunk for line in between)


def _spot(file: FileDiff, group: Sequence[Change], seen: Shown) -> Spot | Misfit:
    """One suggestion for a group of changes, widened by a line where a suggestion needs one."""
    start, end = group[0].start, group[-1].end
    old, new = _texts(group, seen)
    if old is None:
        return Misfit("it changes lines that the diff of the pull request does not show")
    if not old or not "".join(new).strip():
        # a pure insertion needs a line to stand on, and a blank suggestion is refused
        widened = _widened(start, end, seen)
        if widened is None and not old:
            return Misfit("it inserts where the diff of the pull request shows no line")
        if widened == start - 1:
            start, old, new = widened, (seen.texts[widened], *old), (seen.texts[widened], *new)
        elif widened is not None:
            end, old, new = widened, (*old, seen.texts[widened]), (*new, seen.texts[widened])
    if new and not "".join(new).strip():
        return Misfit("it leaves blank lines only, which a suggestion cannot")
    if len(old) > _LONGEST or len(new) > _LONGEST:
        return Misfit("it is too long for a suggestion")
    if len({seen.hunks.get(line) for line in range(start, end + 1)}) != 1 or start not in seen.hunks:
        return Misfit("it changes lines that the diff of the pull request does not show")
    if any(hides(line) for line in new if line not in old):
        return Misfit("it holds signs that nobody sees")
    return Spot(file.path, start, end, "\n".join(new))


def _texts(group: Sequence[Change], seen: Shown) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The lines before and after; None where the pull request shows others than the patch was made for."""
    old, new = list[str](), list[str]()
    line = group[0].start
    for change in group:
        between = [seen.texts.get(number) for number in range(line, change.start)]
        if None in between:
            return None, ()
        kept = [text for text in between if text is not None]
        if [seen.texts.get(number) for number in range(change.start, change.end + 1)] != list(change.old):
            return None, ()
        old += [*kept, *change.old]
        new += [*kept, *change.new]
        line = change.end + 1
    first, last = group[0], group[-1]
    around = ((first.start - 1, first.above), (last.end + 1, last.below))
    if any(text is not None and seen.texts.get(number, text) != text for number, text in around):
        return None, ()
    return tuple(old), tuple(new)


def _widened(start: int, end: int, seen: Shown) -> int | None:
    """The line above, or else the one below, in the same hunk; rather one that is not blank."""
    hunk = seen.hunks.get(start) if end >= start else None
    near = [line for line in (start - 1, end + 1) if line in seen.hunks and hunk in {None, seen.hunks[line]}]
    return next((line for line in near if seen.texts[line].strip()), near[0] if near else None)
