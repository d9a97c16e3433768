"""Finding where a hunk belongs, by its content; what fits nowhere or in several places is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from dspy_ci.patches.hunk import Hunk, Row

_TRIMMED = 3
"""Outer lines of context that may be wrong on each side."""
_LIKENESS = 0.6
"""How alike an altered line of context must still be."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the old lines of a hunk begin, and how its added lines must be indented."""

    hunk: Hunk
    """Without the context that had to be left out."""
    line: int
    """0-based."""
    shift: str = ""
    """Indentation to add; with a leading minus sign, to remove."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Why a hunk has no place."""

    reason: str
    candidates: tuple[int, ...] = ()
    """1-based lines where it would fit equally well."""


Fit = Callable[[Sequence[str], tuple[Row, ...], int], "str | None"]
"""Whether rows fit at a line: the shift of indentation, None when they do not."""


class Lines:
    """The lines of a file, and where each of them stands whatever its indentation."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.all = lines
        self._where: dict[str, list[int]] = {}
        for number, line in enumerate(lines):
            self._where.setdefault(line.strip(), []).append(number)

    def starts(self, old: tuple[Row, ...], after: int) -> Iterator[int]:
        """The only lines at which rows can begin, judged by the rarest of them."""
        rarest = min(range(len(old)), key=lambda i: len(self._where.get(old[i].text.strip(), ())))
        for line in self._where.get(old[rarest].text.strip(), ()):
            if after <= line - rarest <= len(self.all) - len(old):
                yield line - rarest

    def __contains__(self, text: str) -> bool:
        return text.strip() in self._where


def place(hunk: Hunk, lines: Lines, after: int, drift: int | None) -> Place | Nowhere:
    """The one place of a hunk behind line `after`; `drift` is how far earlier hunks were from their numbers."""
    if not hunk.old:
        return Nowhere("it names no line of the file that it belongs to")
    for fit in (_exactly, _but_for_blanks, _but_for_lost_spaces, _but_for_indent):
        for trimmed in _trimmings(hunk):
            found = _fits(trimmed, lines.all, lines.starts(trimmed.old, after), fit)
            if found:
                return _only(found, hunk, drift)
    found = _fits(hunk, lines.all, range(after, len(lines.all) - len(hunk.old) + 1), _but_for_one_line)
    found = found or [place for place in _but_for_empty_lines(hunk, lines) if place.line >= after]
    return _only(found, hunk, drift) if found else Nowhere(_missing(hunk, lines))


def _only(found: list[Place], hunk: Hunk, drift: int | None) -> Place | Nowhere:
    """The only place, or the one that the header names."""
    if len(found) == 1:
        return found[0]
    wanted = {hunk.start} if hunk.start else set[int]()
    if hunk.start and drift:
        wanted = {hunk.start + drift}
    named = [place for place in found if _first_line(place, hunk) in wanted]
    if len(named) == 1:
        return named[0]
    lines = tuple(place.line + 1 for place in found)
    return Nowhere(f"it fits at {len(found)} places", lines)


def _first_line(place: Place, hunk: Hunk) -> int:
    """The 1-based line at which the whole hunk would begin, trimmed context included."""
    lost = hunk.rows.index(place.hunk.rows[0]) if place.hunk.rows[0] in hunk.rows else 0
    return place.line + 1 - lost


def _trimmings(hunk: Hunk) -> Iterator[Hunk]:
    """The hunk, then with less and less of its outer context; never all of it, unless lines are removed."""
    rows = hunk.rows
    changed = [i for i, row in enumerate(rows) if row.op != " "]
    if not changed:
        return
    most_before, most_after = min(_TRIMMED, changed[0]), min(_TRIMMED, len(rows) - 1 - changed[-1])
    cuts = [(a, b) for a in range(most_before + 1) for b in range(most_after + 1)]
    for before, behind in sorted(cuts, key=sum):
        kept = replace(hunk, rows=rows[before : len(rows) - behind])
        if sum(bool(row.text.strip()) for row in kept.old) >= min(2, len(hunk.old)) or not before + behind:
            yield kept


def _fits(hunk: Hunk, lines: Sequence[str], starts: Iterable[int], fit: Fit) -> list[Place]:
    shifts = ((line, fit(lines, hunk.old, line)) for line in starts)
    return [Place(hunk, line, shift) for line, shift in shifts if shift is not None]


def _exactly(lines: Sequence[str], old: tuple[Row, ...], line: int) -> str | None:
    return "" if all(lines[line + i] == row.text for i, row in enumerate(old)) else None


def _but_for_blanks(lines: Sequence[str], old: tuple[Row, ...], line: int) -> str | None:
    return "" if all(lines[line + i].rstrip() == row.text.rstrip() for i, row in enumerate(old)) else None


def _but_for_lost_spaces(lines: Sequence[str], old: tuple[Row, ...], line: int) -> str | None:
    """Context that was written without the blank in front of it, which took a blank of its indentation for that."""
    for i, row in enumerate(old):
        real, written = lines[line + i].rstrip(), row.text.rstrip()
        if real != written and (row.op != " " or real != f" {written}"):
            return None
    return ""


def _but_for_empty_lines(hunk: Hunk, lines: Lines) -> Iterator[Place]:
    """Where the hunk fits when the empty lines of the file are put back into it in the only possible way."""
    rows = [row for row in hunk.rows if row.text.strip() or row.op != " "]
    old = tuple(row for row in rows if row.op != "+")
    if not all(row.text.strip() for row in old) or len(old) < min(2, len(hunk.old)):
        return
    filled = [number for number, line in enumerate(lines.all) if line.strip()]
    dense = Lines([lines.all[number] for number in filled])
    for start in dense.starts(old, 0):
        if _but_for_blanks(dense.all, old, start) is None:
            continue
        whole = _refilled(rows, filled[start : start + len(old)])
        if whole:
            yield Place(replace(hunk, rows=whole), filled[start])


def _refilled(rows: Sequence[Row], numbers: Sequence[int]) -> tuple[Row, ...] | None:
    """The rows with an empty line of context for every line that is skipped; None beside an added line."""
    found: list[Row] = []
    ahead, last = iter(numbers), None
    for row in rows:
        if row.op != "+":
            number = next(ahead)
            skipped = number - last - 1 if last is not None else 0
            if skipped and found[-1].op == "+":
                return None
            found += [Row(" ", "")] * skipped
            last = number
        found.append(row)
    return tuple(found)


def _but_for_indent(lines: Sequence[str], old: tuple[Row, ...], line: int) -> str | None:
    """The shift that all lines have in common."""
    if any(lines[line + i].strip() != row.text.strip() for i, row in enumerate(old)):
        return None
    shifts = {_shift(row.text, lines[line + i]) for i, row in enumerate(old) if row.text.strip()}
    return shifts.pop() if len(shifts) == 1 else None


def _shift(written: str, real: str) -> str | None:
    ours, theirs = _indent(written), _indent(real)
    if theirs.endswith(ours):
        return theirs[: len(theirs) - len(ours)]
    return f"-{ours[: len(ours) - len(theirs)]}" if ours.endswith(theirs) else None


def _but_for_one_line(lines: Sequence[str], old: tuple[Row, ...], line: int) -> str | None:
    """One line of context, no removed one, may be altered a little, when at least two others fit."""
    wrong = [i for i, row in enumerate(old) if lines[line + i].rstrip() != row.text.rstrip()]
    if len(wrong) != 1 or len(old) < 3 or old[wrong[0]].op != " ":  # the altered line and two others
        return None
    alike = SequenceMatcher(None, lines[line + wrong[0]].strip(), old[wrong[0]].text.strip()).ratio()
    return "" if alike >= _LIKENESS else None


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _missing(hunk: Hunk, lines: Lines) -> str:
    strange = next((row.text for row in hunk.old if row.text.strip() and row.text not in lines), None)
    return (
        f"the file has no line {strange.strip()[:80]!r}" if strange else "its lines do not stand together in the file"
    )


def shifted(text: str, shift: str) -> str:
    """An added line, indented as the file is."""
    if not shift or not text.strip():
        return text
    return text.removeprefix(shift[1:]) if shift.startswith("-") else shift + text
