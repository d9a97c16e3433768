"""Reading the other two forms in which a change is written down: search/replace blocks and whole functions."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from dspy_ci.codebase.snapshot import Snapshot, parse
from dspy_ci.patches.hunk import FileChange, Hunk, Row, replacement

_BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)<{5,9} ?(?:SEARCH|ORIGINAL|HEAD)?[^\n]*\n(?P<old>(?:.*\n)*?)"
    r"(?P=indent)={5,9}[ \t]*\n(?P<new>(?:.*\n)*?)(?P=indent)>{5,9} ?(?:REPLACE|UPDATED)?[^\n]*$",
    re.MULTILINE,
)
_FENCED = re.compile(r"^(?P<fence>```+|~~~+)(?P<info>[^\n]*)\n(?P<body>(?:.*\n)*?)(?P=fence)[ \t]*$", re.MULTILINE)
_PATH = re.compile(r"[\w./@+-]+\.\w+")


def search_replace(text: str, code: Snapshot) -> Iterator[FileChange]:
    """Each `<<<<<<< SEARCH ... ======= ... >>>>>>> REPLACE`; the file is named on a line before it."""
    last: str | None = None
    position = 0
    for match in _BLOCK.finditer(text):
        last = _named_file(text[position : match.start()], code) or last
        position = match.end()
        old, new = _lines(match["old"]), _lines(match["new"])
        if old:
            yield FileChange(last, (replacement(old, new),))
        else:
            yield FileChange(last, (Hunk(tuple(Row("+", line) for line in new)),), new=True)


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n")[:-1]]


def _named_file(text: str, code: Snapshot) -> str | None:
    """The path on the last lines that hold one: a known file if there is any, else whatever looks like a path."""
    words = [word for line in reversed(text.splitlines()[-4:]) for word in _PATH.findall(line)]
    return next((word for word in words if word in code), words[0] if words else None)


class Whole(NamedTuple):
    """A function, a class or a file given in full."""

    path: str | None
    name: str
    """Empty for a file."""
    text: str


def whole_definitions(text: str, code: Snapshot) -> Iterator[Whole]:
    """The definitions in fenced code (or in bare text that is nothing but code), with the file when it is named."""
    position = 0
    found = False
    for match in _FENCED.finditer(text):
        found = True
        path = _named_file(f"{text[position : match.start()]}\n{match['info']}", code)
        first = match["body"].partition("\n")[0]
        if first.startswith("#"):
            path = _named_file(first, code) or path
        position = match.end()
        if path and _is_all_of(match["body"], path, code):
            yield Whole(path, "", match["body"])
        else:
            yield from _definitions(match["body"], path)
    if not found:
        yield from _definitions(text, None)


def _is_all_of(body: str, path: str, code: Snapshot) -> bool:
    """Whether a text is a whole file anew: all names of the old one are there, its docstring and its own comments."""
    old, new = code.tree(path), parse(body)
    if old is None or new is None or not old.body:
        return False
    kept = set(body.splitlines())
    if any(line.startswith("#") and line not in kept for line in (code.text(path) or "").splitlines()):
        return False
    return _names(old) <= _names(new) and (ast.get_docstring(old) is None or ast.get_docstring(new) is not None)


def _names(tree: ast.Module) -> set[str]:
    """What the statements of a module bind, each statement that binds nothing by its text."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            found.add(type(node).__name__)
    return found


def _definitions(body: str, path: str | None) -> Iterator[Whole]:
    body = textwrap.dedent(body)
    tree = parse(body)
    if tree is None:
        return
    lines = body.splitlines()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield Whole(path, node.name, "\n".join(lines[first - 1 : node.end_lineno]))
