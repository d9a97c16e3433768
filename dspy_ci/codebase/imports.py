"""Where an import goes, and how one module of a project imports from another."""

from __future__ import annotations

import ast

from dspy_ci.codebase.modules import module_name
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.codebase.spans import Spans


def added(statement: str, tree: ast.Module, spans: Spans) -> tuple[int, int, str]:
    """An import statement as a span and its text: a further name of an import that is there, or a line of its own.

    A line of its own stands behind the docstring and the `__future__` imports, before the first other statement; one
    that is relative stands behind the last import.
    """
    new = ast.parse(statement).body[0]
    if isinstance(new, ast.ImportFrom):
        same = (node for node in tree.body if isinstance(node, ast.ImportFrom) and _is_same(node, new))
        for node in same:
            _, end = spans.of(node.names[-1])
            return end, end, f", {statement.partition(' import ')[2]}"
    return _alone(statement, tree, spans, last=isinstance(new, ast.ImportFrom) and new.level > 0)


def _is_same(node: ast.ImportFrom, new: ast.ImportFrom) -> bool:
    return (node.module, node.level) == (new.module, new.level) and node.names[0].name != "*"


def _alone(statement: str, tree: ast.Module, spans: Spans, *, last: bool) -> tuple[int, int, str]:
    newline = "\r\n" if "\r\n" in spans.text else "\n"
    if last and (imports := [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]):
        start = spans.line_start((imports[-1].end_lineno or imports[-1].lineno) + 1)
        ended = not start or spans.text[start - 1] in "\r\n"
        return start, start, ("" if ended else newline) + statement + newline
    for node in tree.body:
        doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not doc and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            decorators: list[ast.expr] = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            start = spans.line_start(first)
            gap = "" if isinstance(node, ast.Import | ast.ImportFrom) else newline * 2
            return start, start, statement + newline + gap
    end = len(spans.text)
    return end, end, ("" if not end or spans.text.endswith("\n") else newline) + statement + newline


def statement_for(name: str, home: str, user: str, snapshot: Snapshot) -> str:
    """How `user` imports a name that the file `home` defines: relatively where it imports its neighbours so."""
    tree = snapshot.tree(user)
    folder = user.rpartition("/")[0]
    near = home.rpartition("/")[0] == folder and not home.endswith("__init__.py")
    relative = any(isinstance(node, ast.ImportFrom) and node.level for node in (tree.body if tree else ()))
    if near and relative:
        return f"from .{home.rpartition('/')[2].removesuffix('.py')} import {name}"
    return f"from {module_name(snapshot, home)} import {name}"
