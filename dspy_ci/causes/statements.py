"""Hunks taken apart further: runs of changed lines, and of Python the statements in them."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dspy_ci.causes.hunk import FileChange, Hunk, spans
from dspy_ci.codebase.snapshot import decode, parse


def finer(change: FileChange, hunk: Hunk) -> tuple[Hunk, ...]:
    """The same change in smaller pieces; the hunk alone when there are none."""
    if hunk.kind not in {"edit", "add"}:
        return (hunk,)
    pieces = tuple(_runs(hunk))
    if len(pieces) > 1 or not hunk.path.endswith(".py"):
        return pieces or (hunk,)
    removes = hunk.end > hunk.start
    if removes and hunk.new:
        return tuple(_pairs(change, hunk))
    if removes:
        return tuple(_removals(change, hunk))
    return tuple(_insertions(change, hunk))


def _runs(hunk: Hunk) -> Iterator[Hunk]:
    """The stretches of changed lines with nothing unchanged between them."""
    if hunk.kind == "add":
        yield hunk
        return
    for start, end, low, high in spans(hunk.old, hunk.new, 0):
        old, new = hunk.old[start:end], hunk.new[low:high]
        yield replace(hunk, start=hunk.start + start, old=old, new=new, new_start=hunk.new_start + low)


def _insertions(change: FileChange, hunk: Hunk) -> Iterator[Hunk]:
    """One piece for each statement that comes."""
    for low, high in _pieces(change.new, hunk.new_start, hunk.new_start + len(hunk.new)):
        yield replace(hunk, new=hunk.new[low - hunk.new_start : high - hunk.new_start], new_start=low)


def _removals(change: FileChange, hunk: Hunk) -> Iterator[Hunk]:
    """One piece for each statement that goes."""
    for low, high in _pieces(change.old, hunk.start, hunk.end):
        yield replace(hunk, start=low, old=change.old[low:high])


def _pairs(change: FileChange, hunk: Hunk) -> Iterator[Hunk]:
    """One piece for each statement that became another one, when there are as many as before."""
    olds = _pieces(change.old, hunk.start, hunk.end)
    news = _pieces(change.new, hunk.new_start, hunk.new_start + len(hunk.new))
    if len(olds) != len(news):
        yield hunk
        return
    for (start, end), (low, high) in zip(olds, news, strict=True):
        lines = hunk.new[low - hunk.new_start : high - hunk.new_start]
        if lines != change.old[start:end]:
            yield replace(hunk, start=start, old=change.old[start:end], new=lines, new_start=low)


def _pieces(lines: Sequence[bytes], start: int, end: int) -> list[tuple[int, int]]:
    """The range cut before each outermost statement that lies in it; a single one before those of its body."""
    tree = parse(decode(b"".join(lines)).text)
    if tree is None:
        return [(start, end)]
    inside = _outermost(tree, start, end)
    if len(inside) == 1:
        inside += [child for child in _children(inside[0]) if _first(child) > _first(inside[0])][1:]
    cuts = sorted({_first(node) for node in inside} - {start})
    if inside and min(_first(node) for node in inside) in cuts:  # what stands before the first belongs to it
        cuts = cuts[1:]
    bounds = [start, *cuts, end]
    return list(itertools.pairwise(bounds))


def _outermost(node: ast.AST, start: int, end: int) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and start <= _first(child) and (child.end_lineno or 0) <= end:
            found.append(child)
        else:
            found += _outermost(child, start, end)
    return found


def _children(node: ast.stmt) -> list[ast.stmt]:
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


def _first(node: ast.stmt) -> int:
    """The line on which it begins, decorators and all, counted from 0."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(node.lineno, *(item.lineno for item in decorators), node.lineno) - 1
