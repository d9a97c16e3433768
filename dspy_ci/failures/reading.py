"""From pages to findings: every line is offered to the formats of the table, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial

from dspy_ci.failures.cursor import Cursor
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Ended, Finding, Tally
from dspy_ci.failures.formats.table import FORMATS
from dspy_ci.failures.switch import Switch
from dspy_ci.logs.page import Page

DEEPEST = 3
"""Blocks within blocks within blocks are read, further ones are not."""


def findings(pages: Iterable[Page], *, depth: int = 0) -> Iterator[Finding]:
    """What the formats find, in the order of the log; step, job and span of a failure are filled in."""
    read = partial(findings, depth=depth + 1) if depth < DEEPEST else None
    cursor = Cursor(pages, read)
    while cursor.turn():
        # A format may take lines of pages that follow: the cursor then stands in another page than the loop began with.
        page, marked = None, {}
        while (
            at := _next_start(cursor, marked if page is cursor.page else (marked := _marked(cursor.page)))
        ) is not None:
            page = cursor.page
            yield from _parsed(cursor, at)


@lru_cache(maxsize=2)
def _switch(*, meta: bool) -> Switch:
    return Switch([form for form in FORMATS if form.meta or not meta])


@lru_cache(maxsize=1)
def _glued() -> tuple[str, ...]:
    return tuple(dict.fromkeys(literal for form in FORMATS for literal in form.anywhere))


def _next_start(cursor: Cursor, marked: dict[int, int]) -> int | None:
    """Move behind the next line that some format may begin with; the column where it begins."""
    texts, tests = cursor.page.texts, _switch(meta=cursor.page.stream == "meta")
    for index in range(cursor.index, len(texts)):
        text = texts[index]
        if tests[text[:1]](text) or index in marked:
            cursor.index = index + 1
            return marked.get(index, 0)
    cursor.index = len(texts)
    return None


def _marked(page: Page) -> dict[int, int]:
    """Index of a line with a telling literal -> column where a block may begin in it."""
    whole = "\n".join(page.texts)
    found: dict[int, int] = {}
    for literal in _switch(meta=page.stream == "meta").literals:
        for index, _ in _lines_with(literal, whole):
            found.setdefault(index, 0)
    for literal in _glued():
        found.update(_lines_with(literal, whole))
    return found


def _lines_with(literal: str, whole: str) -> Iterator[tuple[int, int]]:
    """Index of each line that holds a literal, and the column of the first."""
    index, counted, at = 0, 0, whole.find(literal)
    while at >= 0:
        index += whole.count("\n", counted, at)
        counted = at
        yield index, at - whole.rfind("\n", 0, at) - 1
        end = whole.find("\n", at)
        at = whole.find(literal, end) if end >= 0 else -1


def _parsed(cursor: Cursor, column: int) -> Iterator[Finding]:
    """What the first format that accepts the line taken last finds there."""
    page, index, number = cursor.page, cursor.index, cursor.number
    text = page.texts[index - 1]
    for at in dict.fromkeys((0, column)):
        for parse, match in _switch(meta=page.stream == "meta").matches(text, at):
            accepted = False
            for finding in parse(match, cursor):
                accepted = True
                yield _placed(finding, page, (number, cursor.number))
            if accepted or (cursor.page, cursor.index) != (page, index):
                return


def _placed(finding: Finding, page: Page, span: tuple[int, int]) -> Finding:
    match finding:
        case Failure():
            return replace(
                finding,
                step=finding.step or page.step,
                job=finding.job or page.job,
                log_span=finding.log_span or span,
            )
        case Tally():
            return finding._replace(step=page.step, job=page.job)
        case Ended():
            return finding._replace(step=page.step, job=page.job, number=span[0])
        case _:
            return finding
