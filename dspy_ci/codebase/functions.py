"""The functions and methods of a module, and whose line a line is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Function:
    """An outermost function or method, or the module's own code."""

    path: str
    name: str
    """Qualified; empty for the module's own code."""
    node: Definition | ast.Module
    start: int
    end: int

    def __contains__(self, line: object) -> bool:
        return isinstance(line, int) and self.start <= line <= self.end


def functions(path: str, tree: ast.Module) -> tuple[Function, ...]:
    """All outermost functions and methods in order, the module itself last."""
    found = tuple(_within(path, tree, ""))
    last = max((node.end_lineno or 1 for node in tree.body), default=1)
    return (*found, Function(path, "", tree, 1, last))


def _within(path: str, node: ast.AST, prefix: str) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            start = min((child, *child.decorator_list), key=lambda part: part.lineno).lineno
            yield Function(path, prefix + child.name, child, start, child.end_lineno or child.lineno)
        elif isinstance(child, ast.ClassDef):
            yield from _within(path, child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.stmt):
            yield from _within(path, child, prefix)


def function_at(found: tuple[Function, ...], line: int) -> Function | None:
    """The innermost of the functions around a line."""
    around = [function for function in found if line in function]
    return min(around, key=lambda function: function.end - function.start, default=None)


def statements(root: ast.AST) -> Iterator[ast.stmt]:
    """Every statement of a function in order; of a module, what lies outside its functions."""
    yield from _statements(root, closed=Definition if isinstance(root, ast.Module) else None)


def _statements(node: ast.AST, closed: UnionType | None) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        if closed is None or not isinstance(child, closed):
            yield from _statements(child, closed)


def head_end(statement: ast.stmt) -> int:
    """The last line of the statement's own code: for a compound statement the line before its body."""
    body = getattr(statement, "body", None)
    if isinstance(statement, ast.Match):
        return max(statement.lineno, statement.subject.end_lineno or 0)
    if not isinstance(body, list) or not body:
        return statement.end_lineno or statement.lineno
    first: ast.stmt = body[0]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    start = min([first.lineno, *(decorator.lineno for decorator in decorators)])
    return max(statement.lineno, start - 1)
