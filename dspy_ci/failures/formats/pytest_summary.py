"""The short test summary of pytest: the authority on test ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_ENTRY = re.compile(r"(?P<status>FAILED|ERROR|SUBFAIL(?:ED)?|RERUN)(?P<sub>[(\[].*?[)\]])? (?P<rest>\S.*)")


class Entry(NamedTuple):
    """One line of the summary."""

    status: str
    test_id: str
    message: str
    number: int

    @property
    def file(self) -> str:
        """The file in which the test lies."""
        return self.test_id.partition("::")[0]

    @property
    def name(self) -> str:
        """The test as the head of its block calls it: dots between class and function, no path."""
        return dotted(self.test_id.partition("::")[2])


def entries(lines: Iterable[str], first: int) -> Iterator[Entry]:
    """The entries that stand for failures; continuation lines of long messages carry no status and are skipped."""
    for number, text in enumerate(lines, first):
        if match := _ENTRY.match(text):
            test_id, message = _split(match["rest"])
            yield Entry(match["status"], test_id, message, number)


def dotted(name: str) -> str:
    """A test name with dots for the double colons outside its parameters."""
    plain, bracket, parameters = name.partition("[")
    return plain.replace("::", ".") + bracket + parameters


def _split(rest: str) -> tuple[str, str]:
    """Id and message: the first ` - ` where brackets are balanced, since parameters may contain one."""
    at = rest.find(" - ")
    while at >= 0:
        if rest.count("[", 0, at) <= rest.count("]", 0, at):
            return rest[:at].strip(), rest[at + 3 :].strip()
        at = rest.find(" - ", at + 3)
    return rest.strip(), ""
