"""The lines that lie before a format: it looks ahead, and what it takes no other format sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from dspy_ci.failures.finding import Finding
from dspy_ci.logs.page import Page

LOOKAHEAD = 20_000
"""How many lines a format may look ahead without taking them."""


class Reader(Protocol):
    """Reads failures out of lines; given to formats whose blocks hold the output of other tools."""

    def __call__(self, pages: Iterable[Page]) -> Iterator[Finding]:
        """The findings in these pages."""
        ...


class Cursor:
    """A place in the lines of one step: `peek` looks, `take` consumes; both end with the step."""

    def __init__(self, pages: Iterable[Page], read: Reader | None = None) -> None:
        self._pages = iter(pages)
        self._queue: list[Page] = []
        self._read = read
        self._absent: dict[re.Pattern[str], int] = {}
        """Up to which line a pattern was looked for in vain: many blocks may look for the same end."""
        self.refused: set[int] = set()
        """Lines that are not what they look like, as a format has found by looking ahead."""
        self.page = Page((), 0)
        self.index = 0
        """Index in the page of the line that comes next."""

    @property
    def number(self) -> int:
        """The number of the line taken last."""
        return self.page.first + self.index - 1

    def turn(self) -> bool:
        """Go on to the next page, when this one is read; false at the end of the log."""
        following = self._queue.pop(0) if self._queue else next(self._pages, None)
        if following is None:
            return False
        self.page, self.index = following, 0
        return True

    def peek(self, ahead: int = 0) -> str | None:
        """A coming line of this step, or None where the step ends."""
        index = self.index + ahead
        texts = self.page.texts
        if index < len(texts):
            return texts[index]
        return self._beyond(index - len(texts)) if ahead < LOOKAHEAD else None

    def behind(self, limit: int = 400) -> tuple[str, ...]:
        """The lines before the one taken last, as far as this page reaches back."""
        end = max(self.index - 1, 0)
        return self.page.texts[max(end - limit, 0) : end]

    def ahead(self, pattern: re.Pattern[str], limit: int = 400) -> int | None:
        """How many lines ahead the next line lies that matches, in the same step."""
        here, distance = self.number, 0
        for distance in range(max(self._absent.get(pattern, here) - here, 0), min(limit, LOOKAHEAD)):
            text = self.peek(distance)
            found = text is not None and pattern.match(text)
            if found or text is None:
                self._absent[pattern] = here + distance
                return distance if found else None
        self._absent[pattern] = max(self._absent.get(pattern, here), here + distance)
        return None

    def take(self) -> str:
        """The next line of this step, consumed; an empty line where the step ends."""
        if self.index >= len(self.page.texts) and not self._follow():
            return ""
        self.index += 1
        return self.page.texts[self.index - 1]

    def take_while(self, wanted: Callable[[str], object], limit: int = 100_000) -> list[str]:
        """The coming lines as long as they are wanted, consumed."""
        taken: list[str] = []
        while len(taken) < limit and (text := self.peek()) is not None and wanted(text):
            taken.append(self.take())
        return taken

    def take_until(self, end: Callable[[str], object], limit: int = 100_000) -> list[str]:
        """The coming lines up to the one that ends them, which stays."""
        return self.take_while(lambda text: not end(text), limit)

    def skip_blank(self) -> None:
        """Take empty lines."""
        self.take_while(lambda text: not text.strip())

    def nested(self, texts: Iterable[str], first: int) -> Iterator[Finding]:
        """What other formats find in lines that this one has freed of their frame; `first` is their number."""
        if self._read is None:
            return iter(())
        page = Page(tuple(texts), first, self.page.step, self.page.job, self.page.stream)
        return self._read([page])

    def _beyond(self, index: int) -> str | None:
        """A line that lies `index` lines after the end of this page, in the same step."""
        at = 0
        while True:
            if at == len(self._queue):
                following = next(self._pages, None)
                if following is None:
                    return None
                self._queue.append(following)
            if not self._continues(self._queue[at]):
                return None
            if index < len(self._queue[at].texts):
                return self._queue[at].texts[index]
            index -= len(self._queue[at].texts)
            at += 1

    def _continues(self, page: Page) -> bool:
        here = self.page
        return (page.step, page.job, page.stream) == (here.step, here.job, here.stream)

    def _follow(self) -> bool:
        """Turn to the next page if it belongs to this step."""
        while self.index >= len(self.page.texts):
            if self._beyond(0) is None:
                return False
            self.turn()
        return True
