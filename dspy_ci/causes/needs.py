"""Which hunks cannot be built without which others: guessed from names that come and go, proved from syntax."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from dspy_ci.causes.hunk import FileChange, Hunk, laid
from dspy_ci.causes.words import bound, module, used
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


def _of_names(found: Sequence[FileChange], hunks: Sequence[Hunk]) -> Iterator[tuple[int, int]]:
    """A use needs the hunk that brings the name; the hunk that takes a name away needs those that stop using it."""
    olds = [frozenset(used(_old(found, hunk))) for hunk in hunks]
    news = [frozenset(used(hunk.new)) for hunk in hunks]
    before = {change.move: bound(str(change.move.before), change.old) for change in found}
    after = {change.move: bound(str(change.move.after), change.new) for change in found}
    for index, hunk in enumerate(hunks):
        change = _change(found, hunk)
        was, now = before[change.move], after[change.move]
        fresh = {name for name, at in now.items() if name not in was and at & _lines(hunk.new_start, len(hunk.new))}
        gone = {name for name, at in was.items() if name not in now and at & set(range(hunk.start, hunk.end))}
        if hunk.kind == "add":
            fresh.add(module(hunk.path))
        if hunk.kind == "remove":
            gone.add(module(hunk.path))
        yield from ((user, index) for user in _touching(fresh, news, olds, index))
        yield from ((index, user) for user in _touching(gone, olds, news, index))


def _touching(
    names: set[str], here: Sequence[frozenset[str]], there: Sequence[frozenset[str]], own: int
) -> Iterator[int]:
    """The hunks that hold one of the names on one side and not on the other."""
    for name in names:
        users = [i for i, words in enumerate(here) if i != own and name in words and name not in there[i]]
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


def _old(found: Sequence[FileChange], hunk: Hunk) -> tuple[bytes, ...]:
    return _change(found, hunk).old[hunk.start : hunk.end]


def _lines(start: int, count: int) -> set[int]:
    return set(range(start, start + count))
