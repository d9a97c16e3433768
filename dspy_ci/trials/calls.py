"""Calls of a function that can be evaluated again: those of its tests and of its docstring, and variations of them."""

from __future__ import annotations

import ast
import builtins
import copy
import doctest
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dspy_ci.codebase.functions import Definition, Function
from dspy_ci.codebase.scopes import bindings
from dspy_ci.codebase.snapshot import Snapshot, parse

Answer = tuple[str, str]
"""The type of a value, and its text; `!` and the class of an exception."""

_MOST = 80
_LONGEST = 400


class Call(NamedTuple):
    """An expression, and what it should give where that is known."""

    code: str
    expected: str | None = None
    """The text of the value, as the docstring shows it."""
    varied: bool = False
    """Made up: near a call of the tests, but none of them asks it."""
    recorded: bool = False
    """Whether a test really makes this call."""


def calls(function: Function, snapshot: Snapshot, tests: Sequence[str], seed: int) -> tuple[Call, ...]:
    """The docstring's examples first, then the tests' own calls, then variations; none when nothing is literal."""
    tree = snapshot.tree(function.path)
    if tree is None or isinstance(function.node, ast.Module):
        return ()
    known = {name for name, _ in bindings(tree.body)} | set(dir(builtins))
    shown = list(_examples(function.node, known))
    seen = [call for path in tests for call in _tested(function.node.name, snapshot.tree(path), known)]
    seen += [node for example in shown if (node := _call_in(example.code, function.node.name))]
    plain = [Call(code) for code in dict.fromkeys(map(ast.unparse, seen)) if len(code) < _LONGEST]
    varied = [Call(code, varied=True) for code in _variations(seen, random.Random(seed))]  # noqa: S311 - nothing secret
    found = {call.code: call for call in (*varied, *plain, *shown)}
    ordered = [call.code for call in (*shown, *plain, *varied)]
    return tuple(found[code] for code in dict.fromkeys(ordered))[:_MOST]


def _examples(node: Definition, known: set[str]) -> Iterator[Call]:
    """The examples of the docstring that are one expression with a value."""
    try:
        found = doctest.DocTestParser().get_examples(ast.get_docstring(node) or "")
    except ValueError:
        return
    for example in found:
        tree = parse(example.source)
        whole = tree.body[0] if tree and len(tree.body) == 1 else None
        if isinstance(whole, ast.Expr) and example.want.strip() and _is_closed(whole.value, known):
            yield Call(example.source.strip(), example.want.strip())


def _tested(name: str, tree: ast.Module | None, known: set[str]) -> Iterator[ast.Call]:
    """Calls of the function in a test file, with the test's own literals filled in."""
    for test in ast.walk(tree) if tree else ():
        if isinstance(test, Definition):
            for values in _values(test):
                for node in ast.walk(test):
                    if isinstance(node, ast.Call) and name in {
                        getattr(node.func, "id", ""),
                        getattr(node.func, "attr", ""),
                    }:
                        filled = _Filled(values).visit(copy.deepcopy(node))
                        if isinstance(filled, ast.Call) and _is_closed(filled, known):
                            yield filled


def _values(test: Definition) -> Iterator[dict[str, ast.expr]]:
    """What the test's names stand for: its plain assignments, once per row of its parameters."""
    plain = {
        node.targets[0].id: node.value
        for node in ast.walk(test)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    }
    rows = [row for mark in test.decorator_list if isinstance(mark, ast.Call) for row in _rows(mark)]
    yield from ({**plain, **row} for row in rows[:20]) if rows else iter([plain])


def _rows(mark: ast.Call) -> Iterator[dict[str, ast.expr]]:
    """The rows of `pytest.mark.parametrize("a, b", [(1, 2), ...])`."""
    if getattr(mark.func, "attr", "") != "parametrize" or len(mark.args) < 2 or not isinstance(mark.args[1], ast.List):
        return
    head = mark.args[0]
    parts = head.elts if isinstance(head, ast.Tuple | ast.List) else [head]
    texts = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    for row in mark.args[1].elts:
        cells = row.elts if isinstance(row, ast.Tuple) and len(names) > 1 else [row]
        if len(cells) == len(names):
            yield dict(zip(names, cells, strict=True))


class _Filled(ast.NodeTransformer):
    """Puts values in the place of names; a few rounds, as values may name others."""

    def __init__(self, values: Mapping[str, ast.expr], depth: int = 3) -> None:
        self.values, self.depth = values, depth

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The value of the name, if there is one."""
        value = self.values.get(node.id)
        if value is None or not self.depth:
            return node
        return _Filled(self.values, self.depth - 1).visit(copy.deepcopy(value))  # type: ignore[no-any-return]


def _is_closed(node: ast.AST, known: set[str]) -> bool:
    """Whether all names mean something in the function's own module."""
    bound = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return names <= known | bound and not any(isinstance(part, ast.Await | ast.Yield) for part in ast.walk(node))


def _call_in(code: str, name: str) -> ast.Call | None:
    tree = parse(code)
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Call)) if tree else iter(())
    return next(
        (node for node in nodes if name in {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}), None
    )


def _variations(found: Sequence[ast.Call], chance: random.Random) -> Iterator[str]:
    """The calls with one or two literals changed a little."""
    pool = [part.value for node in found for part in ast.walk(node) if isinstance(part, ast.Constant)]
    seen: set[str] = set()
    for _ in range(6 * _MOST if found else 0):
        node = copy.deepcopy(chance.choice(found))
        for _ in range(chance.choice((1, 1, 2))):
            _vary(node, pool, chance)
        code = ast.unparse(node)
        if code not in seen and len(code) < _LONGEST and len(seen) < _MOST:
            seen.add(code)
            yield code


def _vary(node: ast.Call, pool: Sequence[object], chance: random.Random) -> None:
    inside = [part for argument in (*node.args, *(k.value for k in node.keywords)) for part in ast.walk(argument)]
    choices = [part for part in inside if isinstance(part, ast.Constant | ast.List)]
    if not choices:
        return
    part = chance.choice(choices)
    if isinstance(part, ast.List):
        _vary_list(part, chance)
    else:
        part.value = _other(part.value, pool, chance)  # type: ignore[assignment]


def _vary_list(node: ast.List, chance: random.Random) -> None:
    if not node.elts:
        return
    at = chance.randrange(len(node.elts))
    match chance.randrange(5):
        case 0:
            del node.elts[at]
        case 1:
            node.elts.insert(at, copy.deepcopy(node.elts[at]))
        case 2:
            node.elts.reverse()
        case 3:
            node.elts.insert(chance.randrange(len(node.elts)), copy.deepcopy(chance.choice(node.elts)))
        case _:
            chance.shuffle(node.elts)


def _other(value: object, pool: Sequence[object], chance: random.Random) -> object:
    """A near value of the same type."""
    if isinstance(value, bool) or value is None:
        return not value if isinstance(value, bool) else None
    alike = [other for other in pool if type(other) is type(value)]
    if chance.random() < 0.25 and alike:
        return chance.choice(alike)
    if isinstance(value, int):
        return chance.choice((value + 1, value - 1, value + 2, value * 2, value // 2, 0, 1, value + 10))
    if isinstance(value, float):
        return chance.choice((value + 1.0, value - 0.5, -value, value * 2))
    if isinstance(value, str) and value:
        at = chance.randrange(len(value))
        return chance.choice(
            (
                value[:at] + value[at + 1 :],
                value[:at] + value[at] + value[at:],
                value[::-1],
                value.swapcase(),
                value * 2,
            )
        )
    return value
