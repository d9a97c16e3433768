"""The families, the most frequent first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Protocol

from dspy_ci.patches.templates import (
    accumulator,
    aliasing,
    argument,
    arithmetic,
    attribute,
    boolean,
    bound,
    branch,
    callee,
    collection,
    comparison,
    condition,
    constant,
    default,
    donor,
    exception,
    fallback,
    grouping,
    guard,
    idle,
    insertion,
    name,
    negation,
    neighbour,
    off_by_one,
    option,
    ordering,
    pattern,
    precondition,
    progress,
    rescue,
    result,
    row,
    sibling,
    spread,
    statement,
    term,
    unit,
    update,
    wrapper,
)
from dspy_ci.patches.templates.place import Mutation, Place


class Family(Protocol):
    """What every module of this folder offers."""

    NAME: str
    PRIOR: float

    def mutations(self, node: ast.AST, place: Place) -> Iterator[Mutation]:
        """Other ways to write the node."""
        ...


FAMILIES: tuple[Family, ...] = (
    comparison, arithmetic, off_by_one, constant, name, boolean, negation, grouping, callee, default, attribute,
    argument, wrapper, statement, collection, result, update, condition, exception, ordering, aliasing, guard,
    spread, insertion, donor, term, idle, progress, accumulator, branch, sibling, precondition, bound, unit,
    option, row, fallback, neighbour, pattern, rescue,
)  # fmt: skip
