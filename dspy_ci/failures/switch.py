"""Which formats may begin with a line: one anchored alternation per first character, tried before any format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dspy_ci.failures.format import PLACE, Format, Parse

_GROUP = re.compile(r"\(\?P<\w+>")
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[(]")
_OPTIONAL = re.compile(r"[?*]|\{0?,")
_UNCLEAR = re.compile(r"[.^$]|\\[bBAZxuUN0-9]")


@dataclass(frozen=True, slots=True)
class Start:
    """One way in which a format begins."""

    parse: Parse
    pattern: re.Pattern[str]
    leads: tuple[re.Pattern[str], ...] | None
    """Patterns of one character, one of which the first character of the line must match; None for any."""

    def may_begin(self, char: str) -> bool:
        """Whether a line with this first character can match."""
        return self.leads is None or any(lead.match(char) for lead in self.leads)


class Switch(dict[str, Callable[[str], object]]):
    """First character of a line -> a test whether any format may begin there; made on first use."""

    def __init__(self, formats: Sequence[Format]) -> None:
        super().__init__()
        self._starts = [
            Start(parse, re.compile(source), leads(source)) for form in formats for source, parse in form.starts.items()
        ]
        self._by_char: dict[str, list[Start]] = {}

    def __missing__(self, char: str) -> Callable[[str], object]:
        starts = self._candidates(char)
        sources = dict.fromkeys(
            PLACE if start.pattern.pattern.startswith(PLACE) else start.pattern.pattern for start in starts
        )
        if starts:
            self[char] = re.compile("|".join(_GROUP.sub("(?:", source) for source in sources)).match
        else:
            self[char] = _never
        return self[char]

    def matches(self, text: str, at: int = 0) -> Iterator[tuple[Parse, re.Match[str]]]:
        """The parsers that may begin with this text, by the order of the table."""
        for start in self._candidates(text[at : at + 1]):
            if match := start.pattern.match(text, at):
                yield start.parse, match

    def _candidates(self, char: str) -> list[Start]:
        if char not in self._by_char:
            self._by_char[char] = [start for start in self._starts if char and start.may_begin(char)]
        return self._by_char[char]


def _never(text: str) -> None:
    del text


def leads(source: str) -> tuple[re.Pattern[str], ...] | None:
    """What the first character of a match can be, where the head of the pattern shows it; None where it does not."""
    found: list[re.Pattern[str]] = []
    for branch in _branches(source):
        head = _head(branch)
        if head is None:
            return None
        found += head
    return tuple(found)


def _head(branch: str) -> list[re.Pattern[str]] | None:
    if branch.startswith("("):
        inner, after = _unwrapped(branch)
        if inner is None or _OPTIONAL.match(after):
            return None
        nested = leads(inner)
        return list(nested) if nested is not None else None
    atom = _ATOM.match(branch)
    if not atom or _UNCLEAR.match(atom[0]) or _OPTIONAL.match(branch, atom.end()):
        return None
    return [re.compile(atom[0] if atom[0][0] in "\\[" else re.escape(atom[0]))]


def _unwrapped(source: str) -> tuple[str | None, str]:
    """The inside of the group that opens a pattern, and what follows it; None for look-arounds and the like."""
    head = re.match(r"\((?:\?:|\?P<\w+>|(?!\?))", source)
    end = _closing(source)
    return (source[head.end() : end], source[end + 1 :]) if head and end else (None, "")


def _closing(source: str) -> int:
    depth = 0
    for index, atom in _atoms(source):
        depth += {"(": 1, ")": -1}.get(atom, 0)
        if depth == 0:
            return index
    return 0


def _branches(source: str) -> Iterator[str]:
    """The top-level alternatives of a pattern."""
    depth = start = 0
    for index, atom in _atoms(source):
        depth += {"(": 1, ")": -1}.get(atom, 0)
        if atom == "|" and depth == 0:
            yield source[start:index]
            start = index + 1
    yield source[start:]


def _atoms(source: str) -> Iterator[tuple[int, str]]:
    """Escapes, character classes and single characters with their places."""
    for atom in re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", source, re.DOTALL):
        yield atom.start(), atom[0]
