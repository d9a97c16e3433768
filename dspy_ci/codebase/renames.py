"""What a change renamed, read from its lines: names, parameters, attributes and keys, in any language."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.modules import module_name

_TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.]*|\s+|.", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_LARGE = 400
"""Changed files beyond which nobody renamed anything by hand."""
_LONG = 4000
"""Lines of a file beyond which its lines are not compared."""
_MOST = 3


def renamed(difference: Difference) -> Mapping[str, tuple[str, ...]]:
    """By old name, what the change writes in its place, the most frequent first; a name that stays is not renamed."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    kept: Counter[str] = Counter()
    for old, new in _texts(difference):
        for was, now in _pairs(old, new):
            found[was][now] += 1
        kept.update(_NAME.findall("\n".join(_added(old, new))))
    return {
        was: tuple(now for now, _ in news.most_common(_MOST)) for was, news in found.items() if kept[was] < news.total()
    }


def moved(difference: Difference) -> Mapping[str, str]:
    """By dotted name of a module that is gone, the one that took its place."""
    pairs = ((move.before, move.after) for move in difference.python)
    return {
        module_name(difference.before, was): module_name(difference.after, now)
        for was, now in pairs
        if was and now and was != now
    }


def _texts(difference: Difference) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    if len(difference.moves) > _LARGE:
        return
    for move in difference.moves:
        old = difference.before.text(move.before) if move.before else None
        new = difference.after.text(move.after) if move.after else None
        if old is not None and new is not None and max(old.count("\n"), new.count("\n")) <= _LONG:
            yield old.splitlines(), new.splitlines()


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names that stand in each other's place in lines that are else the same."""
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace" and b - a == d - c:
            for was, now in zip(old[a:b], new[c:d], strict=True):
                yield from _in_line(was, now)


def _in_line(was: str, now: str) -> Iterator[tuple[str, str]]:
    old, new = _TOKEN.findall(was), _TOKEN.findall(now)
    if len(old) == len(new) and len(old) <= _LONG:
        differing = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        if all(_NAME.fullmatch(a) and _NAME.fullmatch(b) for a, b in differing):
            yield from differing


def _added(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    before = Counter(old)
    return (line for line in new if not before[line])
