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
    """A function or class given in full."""

    path: str | None
    name: str
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
        yield from _definitions(match["body"], path)
    if not found:
        yield from _definitions(text, None)


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
