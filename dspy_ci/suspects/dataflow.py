"""How far a statement lies from what the failing test asserts, along definitions and uses.

The assertion uses names; their assignments in the test call functions; what those return depends on some of their
statements, and these call further functions. The fewer such steps, the stronger the suspicion. Names stand for what
they name, flow of control is left out: a cheap backward slice (Weiser 1981), good enough to order what was run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from dspy_ci.codebase.functions import Definition, Function, function_at, functions, head_end, statements
from dspy_ci.failures.failure import Failure
from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot, is_test

NAME = "dataflow"
WEIGHT = 0.15

_DEPTH = 4
"""So many calls away at the most."""
_FADING = 0.7
"""What one step leaves of the suspicion."""
_MOST = 6
"""Functions of one name; more of them say nothing."""


def clues(evidence: Evidence) -> Clues:
    """Statements on which the values of the failing assertions depend."""
    known = _by_name(evidence)
    found: dict[Spot, Clue] = {}
    for failure in evidence.failures:
        ran = evidence.lines.get(failure.test_id or "", {})
        for spot, steps in _reached(_asserted(failure, evidence), known, ran).items():
            far = f"{steps} step{'s' * (steps != 1)} from" if steps else "part of"
            clue = Clue(_FADING**steps, f"{far} what the test asserts")
            found[spot] = max(found.get(spot, clue), clue)
    return found


def _reached(
    called: Mapping[str, int], known: Mapping[str, list[Function]], ran: Mapping[str, frozenset[int]]
) -> dict[Spot, int]:
    """The spots that the called functions' results depend on, with their distance."""
    found: dict[Spot, int] = {}
    seen: set[Function] = set()
    todo = sorted(called.items(), key=lambda item: item[1])
    while todo:
        name, steps = todo.pop(0)
        for function in known.get(name, ()):
            if function in seen or (ran and not _was_run(function, ran)):
                continue
            seen.add(function)
            for statement, distance in _sliced(function.node).items():
                here = steps + distance
                for line in range(statement.lineno, head_end(statement) + 1):
                    found[Spot(function.path, line)] = min(here, found.get(Spot(function.path, line), here))
                if here < _DEPTH:
                    todo += [(other, here + 1) for other in sorted(_calls(_own(statement)))]
        todo.sort(key=lambda item: item[1])
    return found


def _asserted(failure: Failure, evidence: Evidence) -> dict[str, int]:
    """What the failing statement of the test calls, and what the statements before it call for its sake."""
    places = [(frame.file, frame.line) for frame in failure.frames if frame.in_repo]
    for path, line in [*places, (failure.file, failure.line)]:
        tree = evidence.snapshot.tree(path) if path and line and is_test(path) else None
        test = function_at(functions(path, tree), line) if tree and path and line else None
        if test and line and isinstance(test.node, Definition):
            return _called_for(test.node, line)
    return {}


def _called_for(test: Definition, line: int) -> dict[str, int]:
    """By called name, how many assignments lie between it and the statement on the line."""
    before = [statement for statement in statements(test) if statement.lineno <= line]
    if not before:
        return {}
    found = dict.fromkeys(_calls(_own(before[-1])), 0)
    needed = dict.fromkeys(_used(_own(before[-1])), 0)
    for statement in reversed(before[:-1]):
        hit = [needed[name] for name in _bound(statement) if name in needed]
        if hit:
            steps = min(hit) + 1
            for name in _calls(_own(statement)):
                found.setdefault(name, steps)
            for name in _used(_own(statement)):
                needed.setdefault(name, steps)
    return found


def _sliced(function: ast.AST) -> dict[ast.stmt, int]:
    """The statements on which a function's result depends: what leaves it first, then what that needs."""
    every = list(statements(function))
    found: dict[ast.stmt, int] = {}
    needed: dict[str, int] = {}
    for statement in every:
        if isinstance(statement, ast.Return | ast.Raise) or any(
            isinstance(part, ast.Yield) for part in _own(statement)
        ):
            found[statement] = 0
            needed.update(dict.fromkeys(_used(_own(statement)), 0))
    if not found:  # it is called for what it does
        return dict.fromkeys(every, 0)
    for steps in range(1, _DEPTH):
        for statement in every:
            if statement not in found and any(needed.get(name, _DEPTH) < steps for name in _bound(statement)):
                found[statement] = steps
                for name in _used(_own(statement)):
                    needed.setdefault(name, steps)
    return found


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without those of the statements in it."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        yield node
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


def _used(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _calls(nodes: Iterable[ast.AST]) -> set[str]:
    """The last names of what is called."""
    names = (getattr(node.func, "attr", getattr(node.func, "id", "")) for node in nodes if isinstance(node, ast.Call))
    return {name for name in names if name}


def _bound(statement: ast.stmt) -> Iterator[str]:
    """What a statement may change: the names that it binds, and the objects whose parts or methods it uses so."""
    for node in _own(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from _used(ast.walk(node.value))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _used(ast.walk(node.value.func))


def _by_name(evidence: Evidence) -> dict[str, list[Function]]:
    """Functions and methods by their last name; a class by the name under which it is called."""
    found: dict[str, list[Function]] = {}
    for path in evidence.paths:
        tree = evidence.snapshot.tree(path)
        for function in functions(path, tree)[:-1] if tree else ():
            owner, _, last = function.name.rpartition(".")
            found.setdefault(owner.rpartition(".")[2] if last == "__init__" else last, []).append(function)
    return {name: same for name, same in found.items() if len(same) <= _MOST}


def _was_run(function: Function, ran: Mapping[str, frozenset[int]]) -> bool:
    return not ran.get(function.path, frozenset()).isdisjoint(range(function.start, function.end + 1))
