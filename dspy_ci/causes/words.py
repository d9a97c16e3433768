"""The names that lines of code bind and use: from the syntax tree where there is one, else by the look of the line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from dspy_ci.codebase.scopes import bindings
from dspy_ci.codebase.snapshot import decode, parse

_WORD = re.compile(r"[^\W\d]\w+")
_BINDING = re.compile(
    r"\b(?:def|func|fn|function|class|struct|enum|interface|trait|type|module|const|let|var|val|static|import|define)"
    r"\s+\**([^\W\d]\w+)"
    r"|^\s*([^\W\d]\w+)\s*(?::=|=(?!=)|\(\)\s*\{)"
)

_IMPORT = ast.Import | ast.ImportFrom


def used(lines: Iterable[bytes]) -> frozenset[str]:
    """Every word of two letters or more."""
    return frozenset(word for line in lines for word in _WORD.findall(line.decode("utf-8", "replace")))


def bound(path: str, lines: tuple[bytes, ...]) -> dict[str, set[int]]:
    """The names that a file binds, and the lines on which it does, counted from 0."""
    tree = parse(decode(b"".join(lines)).text) if path.endswith((".py", ".pyi")) else None
    pairs = _in_tree(tree) if tree else _in_lines(lines)
    found: dict[str, set[int]] = {}
    for name, line in pairs:
        found.setdefault(name, set()).add(line)
    return found


def offered(path: str, lines: tuple[bytes, ...]) -> frozenset[str]:
    """The names that a file binds for others too: no imports, no parameters, no variables of functions."""
    tree = parse(decode(b"".join(lines)).text) if path.endswith((".py", ".pyi")) else None
    if tree is None:
        return frozenset(bound(path, lines))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bodies = [*tree.body, *(node for one in classes for node in one.body)]
    return frozenset(name for name, _ in bindings([node for node in bodies if not isinstance(node, _IMPORT)]))


def module(path: str) -> str:
    """The word by which others call the file."""
    parts = PurePosixPath(path)
    return parts.parent.name if parts.stem in {"__init__", "index", "mod"} and parts.parent.name else parts.stem


def _in_tree(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno - 1
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield (node.id if isinstance(node, ast.Name) else node.attr), node.lineno - 1
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno - 1
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0], node.lineno - 1


def _in_lines(lines: Iterable[bytes]) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(lines):
        for match in _BINDING.finditer(line.decode("utf-8", "replace")):
            yield match[1] or match[2], number
