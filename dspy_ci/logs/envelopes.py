"""What CI systems wrap around the output of tools: stamps, prefixes, groups; and the pages within."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from operator import methodcaller

from dspy_ci.logs.decoding import blocks
from dspy_ci.logs.line import Line
from dspy_ci.logs.page import Page
from dspy_ci.logs.plain import HEAD, TAIL, clipped, plain
from dspy_ci.logs.steps import Segmenter

_STAMP = re.compile(r"\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ?(?:\d\d[OE][+ ]?)?")
_GITHUB_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z(?: |$)")
_JENKINS_STAMP = re.compile(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z\] ")
_GH = re.compile(r"([^\t\n]*)\t([^\t\n]*)\t(?=\ufeff?\d{4}-\d\d-\d\dT)")
_FOLD = re.compile(
    r"(?:section|travis_fold)(?:_|:)(start|end):(?:\d+:)?([\w.-]+)(?:\[[^\]\n]*\])?\r(?:\x1b\[0K)?"
    r"|travis_time:(?:start|end):[^\r\n]*\r(?:\x1b\[0K)?"
)


def pages_of(log: bytes | str | Iterable[bytes], *, job: str | None = None, step: str | None = None) -> Iterator[Page]:
    """The pages of one log, freed of its envelope; `job` and `step` hold where the log itself names none."""
    if isinstance(log, str):
        log = log.encode(errors="replace")
    chunks = [log] if isinstance(log, bytes) else log
    segmenter, number = Segmenter(job, step), 1
    for block in blocks(chunks):
        segmenter.buildkite = segmenter.buildkite or "\x1b_bk;t=" in block
        texts, prefixes = _bare(block)
        yield from segmenter.pages(texts, prefixes, number)
        number += len(texts)


def lines_of(log: bytes | str | Iterable[bytes]) -> Iterator[Line]:
    """The lines of one log, freed of its envelope."""
    for page in pages_of(log):
        yield from page.lines()


def _bare(block: str) -> tuple[list[str], dict[int, tuple[str, str]]]:
    """The lines of a block without stamps and prefixes, and the (job, step) where a prefix begins to name them."""
    if "\r" in block and ("section_" in block or "travis_" in block):
        block = _FOLD.sub(_fold, block)
    lines = plain(block).split("\n")
    if not lines[-1]:
        lines.pop()
    prefixes: dict[int, tuple[str, str]] = {}
    if "\t2" in block and any(map(_GH.match, lines[:50])):
        lines, prefixes = _without_prefix(lines)
    if "Z " in block or "Z\n" in block:
        lines = _without_stamp(lines)
    if lines and max(map(len, lines)) > HEAD + TAIL:
        lines = [clipped(line) for line in lines]
    return lines, prefixes


def _fold(match: re.Match[str]) -> str:
    """A fold as one marker that survives the removal of escapes: U+001E, `+` or `-`, name, U+001E."""
    if match[1] is None:
        return ""
    return f"\x1e{'+' if match[1] == 'start' else '-'}{match[2]}\x1e"


def _without_stamp(lines: Sequence[str]) -> list[str]:
    if _GITHUB_STAMP.match(lines[0]) and _begin_alike(lines):
        return [line[29:] for line in lines]
    if any(_JENKINS_STAMP.match(line) for line in lines[:20]):
        return [_JENKINS_STAMP.sub("", line, count=1) for line in lines]
    # GitHub and Azure stamps have one width: a slice is ten times as fast as a pattern.
    return [line[29:] if line[27:29] == "Z " and line[4:5] == "-" else _unstamped(line) for line in lines]


def _begin_alike(lines: Sequence[str]) -> bool:
    """Whether all lines bear stamps of one day, as they mostly do."""
    return all(map(methodcaller("startswith", lines[0][:11]), lines))


def _unstamped(line: str) -> str:
    if line[4:5] != "-" and line[:1] != "\ufeff":
        return line
    match = _STAMP.match(line)
    return line[match.end() :] if match else line


def _without_prefix(lines: Sequence[str]) -> tuple[list[str], dict[int, tuple[str, str]]]:
    bare, prefixes, last = [], {}, None
    for index, line in enumerate(lines):
        match = _GH.match(line)
        if match and match.groups() != last:
            last = match.groups()
            prefixes[index] = (match[1], match[2])
        bare.append(line[match.end() :] if match else line)
    return bare, prefixes
