"""A statement that is superfluous, in the wrong place, or at the wrong depth."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "statement"
PRIOR = 0.5

_FIXED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
_OWNERS = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith)
_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Continue, ast.Break, ast.AnnAssign)


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """The statement removed, exchanged with the next, moved out of its block or into the block before it."""
    if not isinstance(node, ast.stmt) or isinstance(node, _FIXED):
        return
    if node not in place.blocks or place.indent(node) is None:
        return
    yield from _removed(node, place)
    yield from _exchanged(node, place)
    yield from _outward(node, place)
    yield from _inward(node, place)
    if isinstance(node, ast.If):
        yield from _branches(node, place)


def shown(code: str) -> str:
    """The first line of some code, for a sentence."""
    first, _, rest = code.strip().partition("\n")
    return f"`{first}`" + (" and what belongs to it" if rest else "")


def _removed(node: ast.stmt, place: Place) -> Iterator[Mutation]:
    span = place.delete(node)
    if span:
        if isinstance(node, ast.Raise | ast.Assert):  # somebody meant that; taking it away cures the symptom
            yield Mutation((span,), f"does without {shown(place.code(node))}", 0.1)
            return
        small = isinstance(node, _SIMPLE)
        yield Mutation((span,), f"does without {shown(place.code(node))}", 0.4 if small else 0.25)


def _exchanged(node: ast.stmt, place: Place) -> Iterator[Mutation]:
    block, index = place.blocks[node]
    if index + 1 >= len(block) or place.indent(block[index + 1]) is None:
        return
    after = block[index + 1]
    (start, middle), (begin, end) = place.lines(node), place.lines(after)
    text = _ended(place.text[begin:end], place) + place.text[middle:begin] + place.text[start:middle]
    yield Mutation((Span(start, end, text),), f"does {shown(place.code(after))} before {shown(place.code(node))}", 0.5)


def _outward(node: ast.stmt, place: Place) -> Iterator[Mutation]:
    """The last statement of a block put behind the block: the `return` that ended a loop too early."""
    block, index = place.blocks[node]
    owner = place.parents.get(node)
    if index + 1 < len(block) or index == 0 or not isinstance(owner, _OWNERS) or owner not in place.blocks:
        return
    indent = place.indent(owner)
    other: list[ast.stmt] = getattr(owner, "orelse", [])
    if indent is None or (other and block is not other):
        return
    start, end = place.lines(node)
    text = reindented(place.text[start:end], place.indent(node) or "", indent)
    yield Mutation(
        (Span(start, end, text),), f"does {shown(place.code(node))} after the block, not in it", _early(node, owner)
    )


def _early(node: ast.stmt, owner: ast.stmt) -> float:
    """A loop whose every first round ends the function is hardly what was meant."""
    return 2.0 if isinstance(node, ast.Return) and isinstance(owner, ast.For | ast.AsyncFor | ast.While) else 0.8


def _inward(node: ast.stmt, place: Place) -> Iterator[Mutation]:
    """The statement put at the end of the block before it."""
    block, index = place.blocks[node]
    before = block[index - 1] if index else None
    if not isinstance(before, ast.For | ast.While | ast.If | ast.With) or before.end_lineno is None:
        return
    inner = (getattr(before, "orelse", None) or before.body)[-1]
    deeper = place.indent(inner)
    if deeper is None:
        return
    start, end = place.lines(node)
    text = reindented(place.text[start:end], place.indent(node) or "", deeper)
    yield Mutation((Span(start, end, text),), f"does {shown(place.code(node))} inside the block before it", 0.5)


def _branches(node: ast.If, place: Place) -> Iterator[Mutation]:
    """The two branches of an `if` exchanged; the body without its condition."""
    body_lines = place.lines(node.body[0], node.body[-1])
    if node.orelse and not _is_elif(node, place) and place.indent(node.orelse[0]) == place.indent(node.body[0]):
        other_lines = place.lines(node.orelse[0], node.orelse[-1])
        body, other = (place.text[slice(*lines)] for lines in (body_lines, other_lines))
        spans = (Span(*body_lines, _ended(other, place)), Span(*other_lines, _ended(body, place)))
        yield Mutation(spans, f"exchanges the branches of `if {place.code(node.test)}`", 0.6)
    if not node.orelse and place.indent(node.body[0]) is not None:
        start, end = place.lines(node)
        text = reindented(place.text[slice(*body_lines)], place.indent(node.body[0]) or "", place.indent(node) or "")
        yield Mutation((Span(start, end, text),), f"does not ask `{place.code(node.test)}`", 0.3)


def _is_elif(node: ast.If, place: Place) -> bool:
    """Whether the other branch of the `if` is an `elif`."""
    start, _ = place.spans.of(node.orelse[0])
    return place.text.startswith("elif", start)


def reindented(lines: str, old: str, new: str) -> str:
    """Whole lines moved from one depth to another."""
    parts = lines.splitlines(keepends=True)
    return "".join(new + line[len(old) :] if line.startswith(old) else line for line in parts)


def _ended(lines: str, place: Place) -> str:
    return lines if lines.endswith(("\n", "\r")) else lines + place.newline


def neighbours(place: Place) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    """Statements that follow each other in a block."""
    for block in {id(block): block for block, _ in place.blocks.values()}.values():
        yield from pairwise(block)
