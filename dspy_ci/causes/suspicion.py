"""How much each hunk is suspected before anything was tried: what the red tests run, say and import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import log2

from dspy_ci.causes.hunk import FileChange, Hunk
from dspy_ci.causes.words import used
from dspy_ci.codebase.functions import Function, functions
from dspy_ci.codebase.snapshot import decode, parse

_PROSE = (".md", ".rst", ".txt", ".adoc")
_SLIGHT = 0.01


@dataclass(frozen=True, slots=True)
class Traces:
    """What is known of the red run."""

    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """File to lines that red tests ran, 1-based; empty when that was not recorded."""
    frames: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """File to lines that tracebacks and messages name."""
    words: frozenset[str] = frozenset()
    """The words of the messages."""


def weights(found: Sequence[FileChange], hunks: Sequence[Hunk], traces: Traces) -> dict[int, float]:
    """By index of a hunk, how much it is suspected; only the relation of the numbers means something."""
    by_move = {change.move: change for change in found}
    owner = {(move.before, move.after): change for move, change in by_move.items()}
    return {i: _weight(owner[hunk.before, hunk.after], hunk, traces) for i, hunk in enumerate(hunks)}


def _weight(change: FileChange, hunk: Hunk, traces: Traces) -> float:
    if hunk.path.endswith(_PROSE):
        return _SLIGHT
    if hunk.kind == "edit" and hunk.path.endswith(".py") and _says_nothing(hunk):
        return _SLIGHT / 10
    weight = _run(change, hunk, traces.lines) if traces.lines and hunk.path.endswith((".py", ".pyi")) else 0.2
    if _near(hunk, traces.frames.get(hunk.path, ())):
        weight *= 3
    elif hunk.path in traces.frames:
        weight *= 1.5
    told = len(traces.words & (used(hunk.new) | used(hunk.old)))
    return weight * (1 + 0.2 * min(told, 5)) * log2(2 + max(len(hunk.new), len(hunk.old)))


def _run(change: FileChange, hunk: Hunk, lines: Mapping[str, frozenset[int]]) -> float:
    """By what the red tests ran of it: its lines, its file, nothing."""
    ran = lines.get(hunk.path, frozenset())
    touched = set(hunk.new_lines) or {hunk.new_start, hunk.new_start + 1}
    if ran & touched:
        return 1.0
    if not _in_function(change.new, touched):  # runs when the module is imported, which belongs to no test
        return 0.3 if ran else 0.1
    return 0.05 if ran else _SLIGHT


def _in_function(lines: tuple[bytes, ...], touched: Iterable[int]) -> bool:
    inner = _functions(lines)
    return all(any(line in one and line > one.start for one in inner) for line in touched)


@lru_cache(64)
def _functions(lines: tuple[bytes, ...]) -> tuple[Function, ...]:
    tree = parse(decode(b"".join(lines)).text)
    return tuple(one for one in functions("", tree) if not isinstance(one.node, ast.Module)) if tree else ()


def _says_nothing(hunk: Hunk) -> bool:
    """Whether all of its lines are blank or comments."""
    return all(not line.strip() or line.strip().startswith(b"#") for line in (*hunk.old, *hunk.new))


def _near(hunk: Hunk, lines: Iterable[int]) -> bool:
    low, high = hunk.new_start - 2, hunk.new_start + len(hunk.new) + 3
    return any(low <= line <= high for line in lines)
