"""Which hunks cannot be built without which others: guessed from names that come and go, proved from syntax."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dspy_ci.causes.hunk import FileChange, Hunk, laid
from dspy_ci.causes.words import bound, module, offered, used
from dspy_ci.codebase.snapshot import decode, parse

_COMMON = 12
"""A name that so many hunks use is a word, not a dependency."""


def needs(found: Sequence[FileChange], hunks: Sequence[Hunk]) -> Mapping[int, frozenset[int]]:
    """By index of a hunk, the indexes of those that it needs beside it."""
    edges: defaultdict[int, set[int]] = defaultdict(set)
    for user, needed in (*_of_names(found, hunks), *_of_syntax(found, hunks)):
        if user != needed:
            edges[user].add(needed)
    return {user: frozenset(some) for user, some in edges.items()}


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of a file on one side."""

    bound: Mapping[str, set[int]]
    offered: frozenset[str]

    @classmethod
    def of(cls, path: str | None, lines: tuple[bytes, ...]) -> _Names:
        return cls(bound(path or "", lines), offered(path or "", lines))

    def at(self, lines: Collection[int]) -> frozenset[str]:
        return frozenset(name for name, at in self.bound.items() if not at.isdisjoint(lines))


def _of_names(found: Sequence[FileChange], hunks: Sequence[Hunk]) -> Iterator[tuple[int, int]]:
    """A use needs the hunk that brings the name; the hunk that takes a name away needs those that stop using it."""
    olds, news = [used(hunk.old) for hunk in hunks], [used(hunk.new) for hunk in hunks]
    before = {change.move: _Names.of(change.move.before, change.old) for change in found}
    after = {change.move: _Names.of(change.move.after, change.new) for change in found}
    for index, hunk in enumerate(hunks):
        move = _change(found, hunk).move
        was, now = before[move], after[move]
        fresh = now.at(range(hunk.new_start, hunk.new_start + len(hunk.new))) - was.bound.keys()
        gone = was.at(range(hunk.start, hunk.end)) - now.bound.keys()
        own = frozenset(i for i, other in enumerate(hunks) if other.path == hunk.path)
        own_module = {module(hunk.path)} if hunk.kind in {"add", "remove"} else set()
        comes = fresh & now.offered | (own_module if hunk.kind == "add" else set())
        goes = gone & was.offered | (own_module if hunk.kind == "remove" else set())
        yield from ((user, index) for user in _touching(fresh, news, olds) if user in own)
        yield from ((user, index) for user in _touching(comes, news, olds) if user not in own)
        yield from ((index, user) for user in _touching(gone, olds, news) if user in own)
        yield from ((index, user) for user in _touching(goes, olds, news) if user not in own)


def _touching(names: Collection[str], here: Sequence[frozenset[str]], there: Sequence[frozenset[str]]) -> Iterator[int]:
    """The hunks that hold one of the names on one side and not on the other."""
    for name in names:
        users = [i for i, words in enumerate(here) if name in words and name not in there[i]]
        if len(users) <= _COMMON:
            yield from users


def _of_syntax(found: Sequence[FileChange], hunks: Sequence[Hunk]) -> Iterator[tuple[int, int]]:
    """Hunks of a Python file that only parse together: an opening and its end, a head and its indented body."""
    for change in found:
        own = [i for i, hunk in enumerate(hunks) if _change(found, hunk) is change and hunk.kind == "edit"]
        if len(own) < 2 or not _parses(change, []) or not change.move.before:
            continue
        for place, index in enumerate(own):
            if not _parses(change, [hunks[index]]):
                yield from ((index, other) for other in _companions(change, hunks, own, place))


def _companions(change: FileChange, hunks: Sequence[Hunk], own: Sequence[int], place: int) -> tuple[int, ...]:
    """The nearest hunks of the file with which this one parses: below, above, then ever more around it."""
    for reach in range(1, len(own)):
        low, high = max(0, place - reach), place + reach + 1
        for stretch in (own[place:high], own[low : place + 1], own[low:high]):
            if _parses(change, [hunks[i] for i in stretch]):
                return tuple(i for i in stretch if i != own[place])
    return ()


def _parses(change: FileChange, chosen: Sequence[Hunk]) -> bool:
    path = change.move.after or change.move.before or ""
    if not path.endswith((".py", ".pyi")):
        return True
    return all(
        data is None or parse(decode(data).text) is not None for data in laid([change], chosen).values()
    )  # fmt: skip


def _change(found: Sequence[FileChange], hunk: Hunk) -> FileChange:
    return next(one for one in found if (one.move.before, one.move.after) == (hunk.before, hunk.after))
