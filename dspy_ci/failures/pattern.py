"""What a pattern demands of a line, read from its source: the first character, and a literal inside."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_OPTIONAL = re.compile(r"[?*]|\{0?,")
_UNCLEAR = re.compile(r"[.^$]|\\[bBAZxuUN0-9]")
_QUANTIFIER = re.compile(r"[?*+]\??|\{[\d,]*\}\??")
_OPENING = re.compile(r"(?<!\\)\((?:\?:|\?P<\w+>|(?!\?))")
_CLASS = re.compile(r"\\[dswDSW]|\[|[.^$|(]")

_TELLING = 4
"""Texts shorter than this stand in too many lines."""

Lead = re.Pattern[str]


def leads(source: str) -> tuple[Lead, ...] | None:
    """Patterns of one character, one of which begins every match; None where any character may."""
    found: list[Lead] = []
    for branch in _branches(source):
        head = _head(branch)
        if head is None:
            return None
        found += head
    return tuple(found)


def literals(source: str) -> tuple[str, ...]:
    """Plain texts, one of which every match contains; empty where none is long enough to tell."""
    longest = _longest_run(source)
    if len(longest) >= _TELLING:
        return (longest,)
    choices = [choice for choice in map(_choice, _groups(source)) if choice]
    return max(choices, key=lambda choice: min(map(len, choice)), default=())


def named(source: str) -> bool:
    """Whether every match begins with one word and a colon, as in `make: message`."""
    index = 0
    while atom := _ATOM.match(source, index):
        if source.startswith(": ", index) and not _OPTIONAL.match(source, index + 1):
            return True
        end = index + _closing(source[index:]) + 1 if atom[0] == "(" else atom.end()
        inner = _unwrapped(source[index:end])[0] if atom[0] == "(" else None
        quantifier = _QUANTIFIER.match(source, end)
        if inner is not None and not quantifier and len(list(_branches(inner))) == 1 and named(inner):
            return True
        if not _is_one_word(inner if inner is not None else atom[0]):
            return False
        index = quantifier.end() if quantifier else end
    return False


def _is_one_word(source: str) -> bool:
    """Whether no blank can be in a match, as far as its atoms tell."""
    if "(?" in source.replace("(?:", "").replace("(?P<", ""):
        return False
    return not any(
        _UNCLEAR.match(atom[0]) or (atom[0][0] in "\\[ " and re.match(atom[0], " "))
        for atom in _ATOM.finditer(_OPENING.sub("", source))
        if atom[0] not in {")", "(", "|", "?", "*", "+"}
    )


def _choice(group: str) -> tuple[str, ...]:
    """A literal of each branch of a group, or none where a branch has none that tells."""
    found = [literals(branch) for branch in _branches(group)]
    return tuple(dict.fromkeys(text for texts in found for text in texts)) if all(found) else ()


def _groups(source: str) -> Iterator[str]:
    """The insides of the groups that must match, outermost first."""
    index = 0
    while atom := _ATOM.match(source, index):
        end = index + _closing(source[index:]) + 1 if atom[0] == "(" else atom.end()
        inner = _unwrapped(source[index:end])[0] if atom[0] == "(" else None
        if inner and not _OPTIONAL.match(source, end):
            yield inner
            if len(list(_branches(inner))) == 1:
                yield from _groups(inner)
        index = end


def _longest_run(source: str) -> str:
    """The longest run of plain characters that every match contains."""
    runs, run = [""], ""
    for atom, quantifier in _flat(source):
        plain = "" if _CLASS.match(atom) or _UNCLEAR.match(atom) else atom[-1]
        if plain and not _OPTIONAL.match(quantifier):
            run += plain
        if not plain or quantifier:
            runs.append(run)
            run = ""
    return max(*runs, run, key=len)


def _flat(source: str) -> Iterator[tuple[str, str]]:
    """Atoms with their quantifiers; a group that must match stands open, any other counts as one bracket."""
    if len(list(_branches(source))) > 1:
        yield "|", ""
        return
    index = 0
    while atom := _ATOM.match(source, index):
        end = index + _closing(source[index:]) + 1 if atom[0] == "(" else atom.end()
        quantifier = _QUANTIFIER.match(source, end)
        times = quantifier[0] if quantifier else ""
        inner = _unwrapped(source[index:end])[0] if atom[0] == "(" and not times else None
        if inner is None:
            yield atom[0], times
        else:
            yield from _flat(inner)
        index = end + len(times)


def _head(branch: str) -> list[Lead] | None:
    """What a branch without alternatives may begin with."""
    if not branch:
        return None
    if branch.startswith("("):
        inner, after = _unwrapped(branch)
        found = None if inner is None else list(leads(inner) or ()) if inner else []
        if found is None or (inner and not found):
            return None
        optional = _OPTIONAL.match(after) if inner else re.match("", after)
    else:
        atom = _ATOM.match(branch)
        if atom is None or _UNCLEAR.match(atom[0]):
            return None
        found = [re.compile(atom[0] if atom[0][0] in "\\[" else re.escape(atom[0]))]
        after = branch[atom.end() :]
        optional = _OPTIONAL.match(after)
    if optional is None:
        return found
    rest = _head(after[optional.end() :].removeprefix("?"))
    return None if rest is None else found + rest


def _unwrapped(source: str) -> tuple[str | None, str]:
    """The inside of the group that opens a pattern, and what follows it; None for look-arounds and the like."""
    head, end = _OPENING.match(source), _closing(source)
    return (source[head.end() : end], source[end + 1 :]) if head and end else (None, "")


def _closing(source: str) -> int:
    """Where the group that opens a pattern ends."""
    depth = 0
    for atom in _ATOM.finditer(source):
        depth += {"(": 1, ")": -1}.get(atom[0], 0)
        if depth == 0:
            return atom.start()
    return 0


def _branches(source: str) -> Iterator[str]:
    """The top-level alternatives of a pattern."""
    depth = start = 0
    for atom in _ATOM.finditer(source):
        depth += {"(": 1, ")": -1}.get(atom[0], 0)
        if atom[0] == "|" and depth == 0:
            yield source[start : atom.start()]
            start = atom.end()
    yield source[start:]
