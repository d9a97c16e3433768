"""A step that is missing: nothing is added to a collection, a variable is not carried on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from dspy_ci.patches.templates.name import names_at
from dspy_ci.patches.templates.place import Mutation, Place

NAME = "insertion"
PRIOR = 0.3

_AROUND = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.While, ast.Return)
_ADDING = {"list": ("append", "extend"), "set": ("add", "update"), None: ("append", "add")}
_FIXED = {"function", "class", "module", "self"}


def mutations(node: ast.AST, place: Place) -> Iterator[Mutation]:
    """Around a statement: a collection filled, a variable carried on, a step repeated for its twin or borrowed."""
    if not isinstance(node, _AROUND) or node not in place.blocks:
        return
    block, index = place.blocks[node]
    leaves = isinstance(node, ast.Return)
    for code, odds in () if leaves else (*_steps(node, place), *_doubled(node, place), *_reset(node, place)):
        span = place.insert_after(node, code)
        if span:
            yield Mutation((span,), f"also does `{code}`", odds * (1.0 if index == len(block) - 1 else 0.7))
    for code, odds in (*_steps(node, place), *_borrowed(node, place)) if index == 0 or leaves else ():
        span = place.insert_before(node, code)
        if span:
            yield Mutation((span,), f"first does `{code}`", odds * 0.6)


def _steps(node: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    names = [name for name in names_at(node, place) if place.scope.kinds.get(name) not in _FIXED]
    asked, stored = _asked(place), _stored(place)
    for whole in names:
        kind = place.scope.kinds.get(whole)
        if kind in {"list", "set"} or whole in asked:
            for method in _ADDING.get(kind, _ADDING[None]):
                odds = 0.5 if whole in asked else 0.35
                yield from ((f"{whole}.{method}({name})", odds) for name in names if name != whole)
    for name in names:
        if name in stored:
            yield from ((f"{name} = {other}", 0.3) for other in names if other != name and _alike(name, other, place))
    if _in_loop(node, place):
        yield "break", 0.4
        yield "continue", 0.2


def _doubled(node: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    """The statement once more, for the other variables: what was done to one and forgotten for its twin."""
    if not isinstance(node, ast.Expr | ast.AugAssign | ast.Assign) or "\n" in place.code(node):
        return
    used = list(dict.fromkeys(part.id for part in ast.walk(node) if isinstance(part, ast.Name)))
    reach = [name for name in names_at(node, place) if place.scope.kinds.get(name) not in _FIXED]
    twins = [name for name in reach if name not in used]
    choices = [(old, new) for old in used if old in reach for new in twins if _alike(old, new, place)]
    pairs = [{old: new} for old, new in choices]
    pairs += [{a: b, c: d} for (a, b), (c, d) in combinations(choices, 2) if a != c and b != d]
    for renamed in pairs[:30]:
        copy = ast.parse(ast.unparse(node))
        for part in ast.walk(copy):
            if isinstance(part, ast.Name):
                part.id = renamed.get(part.id, part.id)
        paired = len(renamed) == 2 and all(len(old) == len(new) for old, new in renamed.items())
        yield ast.unparse(copy), 0.9 if paired else 0.35


def _borrowed(node: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    """Calls that other functions of the file make for their effect, where all their names are in reach."""
    mine = {place.code(statement) for statement in place.statements}
    reach = {*names_at(node, place), *place.scope.globals}
    found = (place.code(call) for call, names in _effects(place.module) if names <= reach)
    for code in list(dict.fromkeys(code for code in found if "\n" not in code and code not in mine))[:12]:
        yield code, 0.9


def _reset(node: ast.stmt, place: Place) -> Iterator[tuple[str, float]]:
    """What other methods of the file set to a plain value: what is kept of an old state is to be forgotten here too."""
    block, index = place.blocks[node]
    if block is place.function.node.body and index == len(block) - 1 and "self" in place.scope.params:
        mine = {place.code(statement) for statement in place.statements}
        yield from ((code, 0.8) for code in _resets(place.module) if code not in mine)


@lru_cache(maxsize=16)
def _resets(module: ast.Module) -> tuple[str, ...]:
    """Assignments of None, a flag or nothing to an attribute of the object, outside of `__init__`, each once."""
    found: dict[str, None] = {}
    for function in (n for n in ast.walk(module) if isinstance(n, ast.FunctionDef) and n.name != "__init__"):
        for node in ast.walk(function):
            match node:
                case ast.Assign(
                    targets=[ast.Attribute(value=ast.Name(id="self"))], value=ast.Constant(value=None | True | False)
                ):
                    found[ast.unparse(node)] = None
    return tuple(found)[:8]


@lru_cache(maxsize=16)
def _effects(module: ast.Module) -> tuple[tuple[ast.Call, frozenset[str]], ...]:
    """The calls that stand alone, and the names that they use."""
    alone = (node.value for node in ast.walk(module) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
    return tuple((c, frozenset(n.id for n in ast.walk(c) if isinstance(n, ast.Name))) for c in alone)


def _asked(place: Place) -> set[str]:
    """Collections that somebody asks whether they contain something."""
    found = set()
    for statement in place.statements:
        for part in place.nodes(statement):
            if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.In | ast.NotIn):
                found |= {whole.id for whole in part.comparators if isinstance(whole, ast.Name)}
    return found


def _stored(place: Place) -> set[str]:
    parts = (
        part for statement in place.statements for part in place.nodes(statement) if isinstance(statement, ast.Assign)
    )
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _alike(one: str, other: str, place: Place) -> bool:
    kinds = place.scope.kinds
    return kinds.get(one) == kinds.get(other) or None in {kinds.get(one), kinds.get(other)}


def _in_loop(node: ast.AST, place: Place) -> bool:
    parent = place.parents.get(node)
    while parent and not isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(parent, ast.For | ast.While):
            return True
        parent = place.parents.get(parent)
    return False
