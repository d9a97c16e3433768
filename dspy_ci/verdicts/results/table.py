"""The readers, and the output of a command read by all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from dspy_ci.ports.sandbox import Status
from dspy_ci.verdicts.results import cargo, golang, marks, pytest, tap, unittest

Reader = Callable[[Sequence[str]], Iterator[tuple[str, Status]]]

READERS: tuple[Reader, ...] = (pytest.read, unittest.read, golang.read, cargo.read, tap.read, marks.read)
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WORST: tuple[Status, ...] = ("error", "failed", "xpassed", "passed", "xfailed", "skipped")


def results(output: str) -> Mapping[str, Status]:
    """Test id to how it ended; an id that is told of twice keeps the worse end."""
    lines = [line.rstrip() for line in _COLOUR.sub("", output).splitlines()]
    found: dict[str, Status] = {}
    for read in READERS:
        for name, status in read(lines):
            if name not in found or _WORST.index(status) < _WORST.index(found[name]):
                found[name] = status
    return found
