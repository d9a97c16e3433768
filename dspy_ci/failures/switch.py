"""Which parsers may begin with a line: found by its first character, its place, or a literal, before any is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dspy_ci.failures.format import PLACE, Format, Parse
from dspy_ci.failures.pattern import Lead, leads, literals

_NAMED = re.compile(r"\(\?P<\w+>")
_PLACE = re.compile(rf"{PLACE}(?![\w ])")
_WIDE = 40
"""Patterns that may begin with more characters than these are found by their literal."""
_PRINTABLE = tuple(map(chr, range(33, 127)))


@dataclass(frozen=True, slots=True)
class Start:
    """One way in which a format begins."""

    parse: Parse
    pattern: re.Pattern[str]
    leads: tuple[Lead, ...]
    """What the first character can be, where that says much; empty otherwise."""
    literals: tuple[str, ...]
    """What a line must contain one of, where the first character says little; empty otherwise."""

    placed: bool
    """Whether it begins with `path:line`."""

    def may_begin(self, char: str) -> bool:
        """Whether a line with this first character can match, as far as leads tell."""
        return any(lead.match(char) for lead in self.leads)


def start_of(source: str, parse: Parse) -> Start:
    """A start that knows by which of its traits it is found fastest."""
    placed = source.startswith(PLACE)
    heads = () if placed else leads(source) or ()
    wide = sum(any(head.match(char) for head in heads) for char in _PRINTABLE) > _WIDE
    narrow = heads if heads and not wide else ()
    return Start(parse, re.compile(source), narrow, () if narrow or placed else literals(source), placed)


class Switch(dict[str, Callable[[str], object]]):
    """First character of a line -> a test whether a parser may begin there; made on first use."""

    def __init__(self, formats: Sequence[Format]) -> None:
        super().__init__()
        self._starts = [start_of(source, parse) for form in formats for source, parse in form.starts.items()]
        self._by_char: dict[str, list[Start]] = {}
        wanted = dict.fromkeys(text for start in self._starts for text in start.literals)
        self.literals = tuple(text for text in wanted if not any(text != other and other in text for other in wanted))
        """What else opens a block: lines with one of these are to be offered whatever they begin with."""

    def __missing__(self, char: str) -> Callable[[str], object]:
        sources = [start.pattern.pattern for start in self._starts if char and start.may_begin(char)]
        if char and _PLACE.match(f"{char}x:1"):
            sources.append(_PLACE.pattern)
        self[char] = re.compile("|".join(_NAMED.sub("(?:", source) for source in sources)).match if sources else _never
        return self[char]

    def matches(self, text: str, at: int = 0) -> Iterator[tuple[Parse, re.Match[str]]]:
        """The parsers that may begin with this text, by the order of the table."""
        placed = _PLACE.match(text, at)
        for start in self._candidates(text[at : at + 1]):
            likely = placed if start.placed else not start.literals or any(word in text for word in start.literals)
            if likely and (match := start.pattern.match(text, at)):
                yield start.parse, match

    def _candidates(self, char: str) -> list[Start]:
        if char not in self._by_char:
            self._by_char[char] = [start for start in self._starts if not start.leads or start.may_begin(char)]
        return self._by_char[char]


def _never(text: str) -> None:
    del text
