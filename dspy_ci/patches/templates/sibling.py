"""A step that the code beside it takes, and that was forgotten here: guards, updates, a last round behind a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from dspy_ci.codebase.functions import Definition
from dspy_ci.codebase.scopes import BUILTINS
from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "sibling"
PRIOR = 0.4

_MOST = 14
_LONGEST = 160
_STEPS = (ast.Assign, ast.AugAssign, ast.Expr, ast.If)


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Statements of other functions put before or behind this one; behind a loop, its own steps once more."""
    if not isinstance(node, ast.stmt) or node not in place.blocks or isinstance(place.function.node, ast.Module):
        return
    block, index = place.blocks[node]
    if isinstance(node, ast.For | ast.While):
        yield from _once_more(node, place)
    leaves = isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break)
    if node is place.statements[0] or leaves:
        for code, odds in _borrowed(node, place):
            span = place.insert_before(node, code)
            if span:
                yield Mutation((span,), f"first does {_shown(code)}, as is done elsewhere", odds)
    if index == len(block) - 1 and not leaves:
        for code, odds in _borrowed(node, place):
            span = place.insert_after(node, code)
            if span:
                yield Mutation((span,), f"also does {_shown(code)}, as is done elsewhere", odds)


def _once_more(loop: ast.For | ast.While, place: Place) -> Iterator[Mutation]:
    """What the last round left open is done behind the loop."""
    for part in ast.walk(loop):
        if isinstance(part, ast.Expr | ast.AugAssign) and "\n" not in place.code(part):
            span = place.insert_after(loop, place.code(part))
            if span:
                yield Mutation((span,), f"does `{place.code(part)}` once more behind the loop", 0.8)


def _borrowed(node: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    """Steps of other functions whose names all mean something here; those of the same class first."""
    mine = {ast.unparse(statement) for statement in place.statements}
    reach = {*names_at(node, place), *place.scope.globals, *BUILTINS}
    found = dict(_elsewhere(node, place))
    for owner, name, code, names in _steps(place.module):
        if name == place.function.node.name or not names <= reach:  # type: ignore[union-attr]
            continue
        renamed = _renamed(code, name, place.function.node.name)  # type: ignore[union-attr]
        near = owner == place.function.name.rpartition(".")[0]
        if renamed not in mine:
            found[renamed] = max(found.get(renamed, 0.0), (0.8 if near else 0.4) * (1.2 if renamed != code else 1.0))
    yield from sorted(found.items(), key=lambda item: -item[1])[:_MOST]


def _elsewhere(node: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    """What the function does in another branch; what this very statement does under a condition needs that."""
    block, _ = place.blocks[node]
    within = [part for part in ast.walk(node) if isinstance(part, ast.stmt)]
    here = {ast.unparse(statement) for statement in (*block, *within)}
    for statement in place.statements:
        other = place.blocks.get(statement, (block, 0))[0]
        if other is not block and isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
            code = ast.unparse(statement)
            if code not in here and "\n" not in code:
                yield code, 0.9


def _renamed(code: str, old: str, new: str) -> str:
    """The code where it speaks of its own function by name, made to speak of this one."""
    return code.replace(f"'{old}'", f"'{new}'")


@lru_cache(maxsize=16)
def _steps(module: ast.Module) -> tuple[tuple[str, str, str, frozenset[str]], ...]:
    """Small steps of all functions: class, function, code, and the names that they use."""
    found = []
    for owner in ast.walk(module):
        for function in getattr(owner, "body", ()) if isinstance(owner, ast.Module | ast.ClassDef) else ():
            if not isinstance(function, Definition):
                continue
            for part in ast.walk(function):
                if isinstance(part, _STEPS) and _is_small(part):
                    names = frozenset(name.id for name in ast.walk(part) if isinstance(name, ast.Name))
                    found.append((getattr(owner, "name", ""), function.name, ast.unparse(part), names))
    return tuple(found)


def _is_small(part: ast.stmt) -> bool:
    if isinstance(part, ast.Expr):
        return isinstance(part.value, ast.Call)
    if isinstance(part, ast.If):
        return len(part.body) == 1 and not part.orelse and len(ast.unparse(part)) < _LONGEST
    return len(ast.unparse(part)) < _LONGEST


def _shown(code: str) -> str:
    first, _, rest = code.partition("\n")
    return f"`{first}`" + (" and what belongs to it" if rest else "")
