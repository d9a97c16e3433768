"""Code as it is shown to somebody who shall change it: whole files where they fit, else the parts that matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from dspy_ci.codebase.functions import function_at, functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.logs.tokens import tokens

_HEAD = re.compile(r"^=== (?P<path>[^\n]+?)(?: \(lines (?P<first>\d+)-(?P<last>\d+)\))? ===$", re.MULTILINE)
_SMALL = 200
"""Tokens of a file that is shown whole whatever the others need."""
_AROUND = 30
"""Lines around a spot that lies in no function."""


class Spot(NamedTuple):
    """A place worth showing; line 0 means the file as a whole."""

    path: str
    line: int


def excerpt(code: Snapshot, spots: Iterable[Spot], budget: int) -> str:
    """The files of the spots, the first spots first, within so many tokens; each under a line `=== path ===`."""
    wanted: dict[str, list[int]] = {}
    for spot in spots:
        wanted.setdefault(spot.path, []).append(spot.line)
    parts, left = [], budget
    for path, lines in wanted.items():
        for part in _shown(code, path, lines, left):
            cost = tokens(part)
            if cost <= left:
                parts.append(part)
                left -= cost
    return "\n".join(parts)


def files(text: str) -> Mapping[str, str]:
    """The whole files of an excerpt by path; parts of files are left out."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() - 1 for head in heads[1:]] + [len(text)]
    return {
        head["path"]: text[head.end() + 1 : end] for head, end in zip(heads, ends, strict=False) if not head["first"]
    }


def _shown(code: Snapshot, path: str, lines: list[int], budget: int) -> Iterator[str]:
    text = code.text(path)
    if text is None:
        return
    cost = tokens(text)
    if cost <= max(_SMALL, budget // 2):
        yield f"=== {path} ===\n{text}" + ("" if text.endswith("\n") else "\n")
        return
    rows = text.split("\n")
    for first, last in _spans(code, path, lines, len(rows)):
        yield f"=== {path} (lines {first}-{last}) ===\n" + "\n".join(rows[first - 1 : last]) + "\n"


def _spans(code: Snapshot, path: str, lines: list[int], length: int) -> list[tuple[int, int]]:
    """The functions around the lines, or some lines around them; each once, in the order of the wish."""
    tree = code.tree(path)
    known = functions(path, tree) if tree else ()
    found = []
    for line in lines:
        around = function_at(known, line) if line else None
        if around and around.name:
            found.append((around.start, around.end))
        else:
            found.append((max(1, line - _AROUND), min(length, line + _AROUND)))
    return list(dict.fromkeys(found))
