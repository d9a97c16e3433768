"""Conditions that are asked in the wrong order: a general one hides a special one behind it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from dspy_ci.patches.templates.place import Mutation, Place, Span

NAME = "branch"
PRIOR = 0.5


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """In a chain of `if` and `elif`, or of neighbouring `if`s that leave: a later one asked first, or one earlier."""
    if not isinstance(node, ast.If) or _is_elif(node, place):
        return
    links = _chain(node) if node.orelse else _row(node, place)
    if len({place.indent(link.body[0]) for link in links}) != 1 or place.indent(links[0].body[0]) is None:
        return
    for late in range(1, min(len(links), 6)):
        for early in sorted({0, late - 1}):
            order = [*range(early), late, *range(early, late)]
            spans = tuple(
                span for at, new in enumerate(order) if at != new for span in _put(links[at], links[new], place)
            )
            code = place.code(links[late].test)
            yield Mutation(spans, f"asks `{code}` before `{place.code(links[early].test)}`", 0.7 if early == 0 else 0.5)


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
