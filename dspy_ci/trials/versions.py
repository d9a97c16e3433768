"""A patch as many are tried in one process: per file the functions whose code is exchanged, and the edits."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dspy_ci.codebase.functions import Function, functions
from dspy_ci.codebase.spans import Spans, spans_of
from dspy_ci.patches.patch import Edit, Patch


class Change(NamedTuple):
    """What becomes of one file; plain enough for JSON."""

    path: str
    functions: tuple[tuple[int, int], ...]
    """First and last line of each function that is changed."""
    edits: tuple[tuple[int, int, str], ...]


def version(patch: Patch) -> tuple[Change, ...] | None:
    """The changes of a patch; None when an edit lies outside of the bodies of functions, or removes a file."""
    found = [_change(patch, path) for path in sorted({edit.path for edit in patch.edits})]
    return tuple(change for change in found if change) if all(found) else None


def _change(patch: Patch, path: str) -> Change | None:
    text, tree = patch.base.text(path), patch.base.tree(path)
    edits = [edit for edit in patch.edits if edit.path == path]
    if text is None or tree is None:
        return None
    bodies = _bodies(path, tree, spans_of(text))
    lines: set[tuple[int, int]] = set()
    parts: list[tuple[int, int, str]] = []
    for edit in edits:
        holder = _holder(edit, bodies)
        if holder is None or edit.text is None:
            return None
        lines.add((holder.start, holder.end))
        parts.append((edit.start, edit.end, edit.text))
    return Change(path, tuple(sorted(lines)), tuple(parts))


def _bodies(path: str, tree: ast.Module, spans: Spans) -> list[tuple[Function, int, int]]:
    """Every function with where its body begins and ends in the text."""
    found = []
    for function in functions(path, tree)[:-1]:
        first = function.node.body[0].lineno
        found.append((function, spans.line_start(first), spans.line_start(function.end + 1)))
    return found


def _holder(edit: Edit, bodies: Sequence[tuple[Function, int, int]]) -> Function | None:
    return next((function for function, start, end in bodies if start <= edit.start and edit.end <= end), None)


def touched(patch: Patch) -> Mapping[str, frozenset[int]]:
    """By path, the lines of the statements that a patch edits: who runs none of them cannot notice it."""
    found: dict[str, set[int]] = {}
    for edit in patch.edits:
        found.setdefault(edit.path, set()).update(_lines(patch, edit))
    return {path: frozenset(lines) for path, lines in found.items()}


def _lines(patch: Patch, edit: Edit) -> Iterator[int]:
    """The lines of the innermost statement around an edit; of the whole file where there is none."""
    text, tree = patch.base.text(edit.path), patch.base.tree(edit.path)
    if text is None or tree is None:
        return
    spans = spans_of(text)
    first, last = spans.line_of(edit.start), spans.line_of(max(edit.start, edit.end - 1))
    around = [
        (node.end_lineno - node.lineno, node.lineno, node.end_lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.end_lineno and node.lineno <= first and last <= node.end_lineno
    ]
    _, start, end = min(around, default=(0, 1, len(spans.starts)))
    yield from range(start, end + 1)
