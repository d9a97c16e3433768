"""Loops over the wrong thing: numbers, keys instead of pairs, what is changed while it is walked through."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "looping"

_CHANGED = r"(?:dictionary changed size|dictionary keys changed|Set changed size|deque mutated) during iteration"
_UNPACKED = r"(?:too many|not enough) values to unpack|cannot unpack non-iterable|string indices must be integers"
_NUMBER = r"'int' object is not iterable"

_Loop = ast.For | ast.AsyncFor | ast.comprehension


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """A copy, the pairs of a dictionary, numbered members, or a range: whatever the message asks for."""
    for site in sites(failure, evidence):
        for loop in _loops(site):
            code = site.code(loop.iter)
            if said(failure, _CHANGED):
                why = f"`{code}` is changed while the loop walks through it; the loop has a copy now."
                yield site.patch([site.replace(loop.iter, f"list({code})")], NAME, why, 0.97)
            elif said(failure, _UNPACKED):
                yield from _pairs(loop, code, site)
            elif said(failure, _NUMBER) and not code.startswith("range("):
                why = f"`{code}` is a number; the loop counts up to it."
                yield site.patch([site.replace(loop.iter, f"range({code})")], NAME, why, 0.9)


def _loops(site: Site) -> Iterator[_Loop]:
    """The loops around or on the line, the nearest first."""
    found: list[tuple[int, _Loop]] = []
    for node in ast.walk(site.function.node):
        if isinstance(node, ast.For | ast.AsyncFor) and node.lineno <= site.line <= (node.end_lineno or node.lineno):
            found.append((node.lineno, node))
        elif isinstance(node, ast.comprehension) and node.iter.lineno <= site.line <= (node.iter.end_lineno or 0) + 2:
            found.append((node.iter.lineno, node))
    yield from (loop for _, loop in sorted(found, key=lambda pair: -pair[0]))


def _pairs(loop: _Loop, code: str, site: Site) -> Iterator[Patch]:
    plain = isinstance(loop.iter, ast.Name | ast.Attribute | ast.Subscript)
    if isinstance(loop.target, ast.Tuple) and len(loop.target.elts) == 2:  # a pair
        if plain:
            why = f"A dictionary gives its keys; the pairs are `{code}.items()`."
            yield site.patch([site.replace(loop.iter, f"{code}.items()")], NAME, why, 0.95)
        why = f"`{code}` gives its members alone; `enumerate` numbers them."
        yield site.patch([site.replace(loop.iter, f"enumerate({code})")], NAME, why, 0.9)
    elif plain and not isinstance(loop.target, ast.Tuple):
        why = f"A dictionary gives its keys; what they stand for is `{code}.values()`."
        yield site.patch([site.replace(loop.iter, f"{code}.values()")], NAME, why, 0.85)
