"""Which parsers may begin with a line: found by its first characters or a text inside, before any is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dspy_ci.failures.format import PLACE, Format, Parse
from dspy_ci.failures.pattern import Lead, leads, literals, named

_NAMED = re.compile(r"\(\?P<\w+>")
_PLACE = re.compile(rf"{PLACE}(?![\w ])")
_WORD = re.compile(r"\S+: ")
_WIDE = 40
"""Patterns that may begin with more characters than these are found by their literal."""
_PRINTABLE = tuple(map(chr, range(33, 127)))


@dataclass(frozen=True, slots=True)
class Start:
    """One way in which a format begins, and by what it is found: exactly one of the four traits."""

    parse: Parse
    pattern: re.Pattern[str]
    leads: tuple[Lead, ...] = ()
    """What the first character can be, where that says much."""
    placed: bool = False
    """It begins with `path:line`."""
    named: bool = False
    """It begins with a word and a colon."""
    literals: tuple[str, ...] = ()
    """What a line must contain one of."""

    def may_begin(self, char: str) -> bool:
        """Whether a line with this first character can match, as far as leads tell."""
        return any(lead.match(char) for lead in self.leads)


def start_of(source: str, parse: Parse) -> Start:
    """A start that knows by which of its traits it is found fastest."""
    pattern = re.compile(source)
    if source.startswith(PLACE):
        return Start(parse, pattern, placed=True)
    heads = leads(source) or ()
    if heads and sum(any(head.match(char) for head in heads) for char in _PRINTABLE) <= _WIDE:
        return Start(parse, pattern, leads=heads)
    return Start(parse, pattern, named=True) if named(source) else Start(parse, pattern, literals=literals(source))


class Switch(dict[str, Callable[[str], object]]):
    """First character of a line -> a test whether a parser may begin there; made on first use."""

    def __init__(self, formats: Sequence[Format]) -> None:
        super().__init__()
        self._starts = [start_of(source, parse) for form in formats for source, parse in form.starts.items()]
        self._by_char: dict[str, list[Start]] = {}
        self._words = tuple(dict.fromkeys(text for start in self._starts for text in start.literals))
        self.literals = tuple(
            text for text in self._words if not any(text != other and other in text for other in self._words)
        )
        """What else opens a block: lines with one of these are to be offered whatever they begin with."""

    def __missing__(self, char: str) -> Callable[[str], object]:
        sources = [start.pattern.pattern for start in self._starts if char and start.may_begin(char)]
        if char and not char.isspace():
            sources += [_PLACE.pattern, _WORD.pattern]
        self[char] = re.compile("|".join(_NAMED.sub("(?:", source) for source in sources)).match if sources else _never
        return self[char]

    def matches(self, text: str, at: int = 0) -> Iterator[tuple[Parse, re.Match[str]]]:
        """The parsers that may begin with this text, by the order of the table."""
        placed, named_ = _PLACE.match(text, at), _WORD.match(text, at)
        words = {word for word in self._words if word in text}
        for start in self._candidates(text[at : at + 1]):
            if start.leads:
                likely: object = True
            elif start.literals:
                likely = not words.isdisjoint(start.literals)
            else:
                likely = placed if start.placed else named_ or not start.named
            if likely and (match := start.pattern.match(text, at)):
                yield start.parse, match

    def _candidates(self, char: str) -> list[Start]:
        if char not in self._by_char:
            self._by_char[char] = [start for start in self._starts if not start.leads or start.may_begin(char)]
        return self._by_char[char]


def _never(text: str) -> None:
    del text
