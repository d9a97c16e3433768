"""A text that differs from the expected one in a part which stands in the code as it is shown: a message, a format."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, site_at
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "wrong-text"

_LITERAL = r"[rbu]?'(?:[^'\\\n]|\\.)*'|[rbu]?\"(?:[^\"\\\n]|\\.)*\""
_COMPARED = re.compile(rf"({_LITERAL})\s*(?:==|!=)\s*({_LITERAL})")
_LINES = re.compile(r"^\s*- (?P<one>[^\n]+)\n(?:\s*\?[^\n]*\n)?\s*\+ (?P<two>[^\n]+)$", re.MULTILINE)
_NEAR = 12
"""Characters on either side of the difference that are looked for with it."""
_LEAST = 3
"""So many of them at least must be found in the code."""
_MOST = 4
"""How many places with the same text are tried."""


class Difference(NamedTuple):
    """Two texts that agree before and behind one part."""

    before: str
    actual: str
    expected: str
    behind: str


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The part of the literal written as the test expects it."""
    for difference in dict.fromkeys(_differences(failure.message)):
        for path in sorted(evidence.lines.get(failure.test_id or "", ())):
            site = site_at(evidence, path, 1) if path in evidence.paths else None
            for span in _places(difference, site) if site else ():
                old = site.spans.text[span.start : span.end] if site else ""
                why = f"The text says `{old}` where the test expects `{span.text}`."
                if site:
                    yield site.patch([span], NAME, why, 0.9)


def _differences(message: str) -> Iterator[Difference]:
    """What the failure shows side by side; which side is the expected one is not always certain."""
    for found in _COMPARED.finditer(message):
        one, two = (_text(code) for code in found.groups())
        yield from (difference for pair in ((one, two), (two, one)) if (difference := _apart(*pair)))
    for found in _LINES.finditer(message):
        if difference := _apart(found["two"], found["one"]):
            yield difference


def _text(code: str) -> str:
    try:
        value = ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return ""
    return value if isinstance(value, str) else ""


def _apart(actual: str, expected: str) -> Difference | None:
    """The one part that differs, with what is the same around it; None for texts that have little in common."""
    if not actual or not expected or actual == expected or "..." in actual + expected:
        return None
    limit = min(len(actual), len(expected))
    head = next((at for at in range(limit) if actual[at] != expected[at]), limit)
    rest = limit - head
    tail = next((at for at in range(rest) if actual[-1 - at] != expected[-1 - at]), rest)
    if head + tail < _LEAST:
        return None
    end, stop = len(actual) - tail, len(expected) - tail
    return Difference(actual[:head], actual[head:end], expected[head:stop], actual[end:])


def _places(difference: Difference, site: Site) -> Iterator[Span]:
    """Where a literal holds the part and what is around it; the more of that is found, the surer."""
    text = site.spans.text
    literals = [site.spans.of(node) for node in ast.walk(site.tree) if _is_text(node)]
    for near in range(_NEAR, 0, -1):
        left, right = difference.before[-near:], difference.behind[:near]
        for begin, finish in ((left, right), (left, ""), ("", right)):
            if len(begin) + len(finish) < _LEAST:
                continue
            wanted = begin + difference.actual + finish
            at = [found.start() for found in re.finditer(re.escape(wanted), text)]
            inside = [start for start in at if any(a < start and start + len(wanted) < b for a, b in literals)]
            places = [Span(start + len(begin), start + len(wanted) - len(finish), "") for start in inside]
            if not difference.actual and not (begin and finish):
                places = [place for place in places if text[place.end if begin else place.start - 1] in "'\""]
            if 0 < len(places) <= _MOST:
                yield from (place._replace(text=difference.expected) for place in places)
                return


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
