"""Loops and recursive calls, when a test does not come to an end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot

NAME = "endless"
WEIGHT = 0.7

_LOOPED = re.compile(r"ran longer than|[Tt]imed? ?out|TimeoutError|TimeoutExpired")
_RECURSED = re.compile(r"RecursionError|maximum recursion depth")


def clues(evidence: Evidence) -> Clues:
    """The `while` loops that endless tests run, head first; for endless recursion the calls and what guards them."""
    texts = [f"{failure.exception}: {failure.message}" for failure in evidence.failures]
    looped, recursed = (any(map(pattern.search, texts)) for pattern in (_LOOPED, _RECURSED))
    if not (looped or recursed):
        return {}
    found: dict[Spot, Clue] = {}
    for path, ran in _ran(evidence).items():
        tree = evidence.snapshot.tree(path) if path in evidence.paths else None
        for node in ast.walk(tree) if tree else ():
            spots = [*(_loop(node) if looped else ()), *(_recursion(node) if recursed else ())]
            found |= {Spot(path, line): clue for line, clue in spots if line in ran}
    return found


def _ran(evidence: Evidence) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for name in evidence.red:
        for path, lines in evidence.lines.get(name, {}).items():
            found.setdefault(path, set()).update(lines)
    return found


def _loop(node: ast.AST) -> Iterator[tuple[int, Clue]]:
    if isinstance(node, ast.While):
        yield from ((line, Clue(0.7, "inside a loop that may not end")) for line in _lines(node))
        yield node.lineno, Clue(1.0, "this loop may not end")


def _recursion(node: ast.AST) -> Iterator[tuple[int, Clue]]:
    if not isinstance(node, Definition):
        return
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call) and _name(part) == node.name]
    if calls:
        tests = (part for part in ast.walk(node) if isinstance(part, ast.If | ast.IfExp))
        yield from ((part.lineno, Clue(0.8, "it decides whether the recursion ends")) for part in tests)
        yield from ((call.lineno, Clue(1.0, "the function calls itself here")) for call in calls)


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _lines(node: ast.While) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)
