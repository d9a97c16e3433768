"""Conditions that are asked in the wrong order, once instead of again and again, or only where others did not hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "branch"
PRIOR = 0.5


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """In a chain of `if` and `elif`, or of neighbouring `if`s that leave: a later one asked first, or one earlier.

    Also `while` for `if`, `if` for `elif`, and back.
    """
    if isinstance(node, ast.If | ast.While):
        yield from _other_words(node, place)
    if not isinstance(node, ast.If):
        return
    links = _chain(node) if node.orelse else _row(node, place)
    if len({place.indent(link.body[0]) for link in links}) != 1 or place.indent(links[0].body[0]) is None:
        return
    for late in range(1, min(len(links), 2 if _is_elif(node, place) else 6)):
        for early in sorted({0, late - 1}):
            order = [*range(early), late, *range(early, late)]
            spans = tuple(
                span for at, new in enumerate(order) if at != new for span in _put(links[at], links[new], place)
            )
            code = place.code(links[late].test)
            yield Mutation(spans, f"asks `{code}` before `{place.code(links[early].test)}`", 0.7 if early == 0 else 0.5)


def _other_words(node: ast.If | ast.While, place: Place) -> Iterator[Mutation]:
    start, _ = place.spans.of(node)
    code = place.code(node.test)
    if isinstance(node, ast.While):
        if not node.orelse and not _jumps(node):
            yield Mutation((Span(start, start + 5, "if"),), f"asks `{code}` once, not again and again", 0.3)
    elif _is_elif(node, place):
        yield Mutation((Span(start, start + 4, "if"),), f"asks `{code}` whatever was asked before", 0.6)
    else:
        if not node.orelse and _changes(node):
            yield Mutation((Span(start, start + 2, "while"),), f"does so as long as `{code}`, not once", 0.7)
        block, index = place.blocks.get(node, ([node], 0))
        before = block[index - 1] if index else None
        if isinstance(before, ast.If) and _continues(before, node, place):
            yield Mutation((Span(start, start, "el"),), f"asks `{code}` only where the one before did not hold", 0.6)


def _continues(before: ast.If, node: ast.If, place: Place) -> bool:
    """Whether the second could be an `elif` of the first: nothing stands between them, and either may come to pass."""
    between = place.text[place.spans.of(before)[1] : place.spans.of(node)[0]]
    return not _chain(before)[-1].orelse and not _leaves(before) and not between.strip() and bool(place.indent(node))


def _jumps(node: ast.While) -> bool:
    return any(isinstance(part, ast.Break | ast.Continue) for part in ast.walk(node))


def _changes(node: ast.If) -> bool:
    """Whether the body changes what the condition asks for."""
    asked = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
    asked |= {ast.unparse(part) for part in ast.walk(node.test) if isinstance(part, ast.Attribute)}
    for statement in node.body:
        for part in ast.walk(statement):
            stored = isinstance(getattr(part, "ctx", None), ast.Store | ast.Del)
            called = isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)
            if (stored or called) and asked & {ast.unparse(part), ast.unparse(part.func.value) if called else ""}:  # type: ignore[attr-defined]
                return True
    return False


def _chain(node: ast.If) -> list[ast.If]:
    """The `if` and its `elif`s."""
    links = [node]
    while len(links[-1].orelse) == 1 and isinstance(links[-1].orelse[0], ast.If):
        links.append(links[-1].orelse[0])
    return links


def _row(node: ast.If, place: Place) -> list[ast.If]:
    """The `if`s that follow each other in a block, each of which leaves it."""
    block, index = place.blocks.get(node, ([node], 0))
    links: list[ast.If] = []
    for statement in block[index:]:
        if not isinstance(statement, ast.If) or statement.orelse or not _leaves(statement):
            break
        links.append(statement)
    return links or [node]


def _leaves(node: ast.If) -> bool:
    return isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _put(old: ast.If, new: ast.If, place: Place) -> Sequence[Span]:
    """What the one asks and does written over what the other does."""
    here, there = place.lines(old.body[0], old.body[-1]), place.lines(new.body[0], new.body[-1])
    text = place.text[slice(*there)]
    ended = text if text.endswith(("\n", "\r")) else text + place.newline
    return Span(*place.spans.of(old.test), place.code(new.test)), Span(*here, ended)


def _is_elif(node: ast.If, place: Place) -> bool:
    parent = place.parents.get(node)
    return (
        isinstance(parent, ast.If)
        and parent.orelse == [node]
        and place.text.startswith("elif", place.spans.of(node)[0])
    )
