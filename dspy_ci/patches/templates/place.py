"""The function that templates look at, and the edits that they make there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from dspy_ci.codebase import imports
from dspy_ci.codebase.functions import Function, statements
from dspy_ci.codebase.scopes import Kind, Scope, kind_of, scope
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.codebase.spans import Spans


class Span(NamedTuple):
    """Text that replaces what stands between two offsets."""

    start: int
    end: int
    text: str


class Mutation(NamedTuple):
    """One way to write a place differently."""

    spans: tuple[Span, ...]
    why: str
    """In words, for people: what is done instead of what."""
    odds: float = 1.0
    """How likely this change is among those of its family."""


_ATOMS = (
    ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Dict, ast.Set, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.JoinedStr,
)  # fmt: skip
_BINDING: Mapping[type[ast.AST], int] = {
    ast.NamedExpr: 0, ast.Lambda: 1, ast.IfExp: 2, ast.Or: 3, ast.And: 4, ast.Not: 5, ast.Compare: 6, ast.BitOr: 7,
    ast.BitXor: 8, ast.BitAnd: 9, ast.LShift: 10, ast.RShift: 10, ast.Add: 11, ast.Sub: 11, ast.Mult: 12, ast.Div: 12,
    ast.FloorDiv: 12, ast.Mod: 12, ast.MatMult: 12, ast.USub: 13, ast.UAdd: 13, ast.Invert: 13, ast.Pow: 14,
    ast.Await: 15, ast.Tuple: -1, ast.Yield: -1, ast.YieldFrom: -1, ast.Starred: -1,
}  # fmt: skip


def binding(node: ast.expr) -> int:
    """How tightly the expression's outermost operator binds; atoms most."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value < 0:
        return _BINDING[ast.USub]
    key = type(node.op) if isinstance(node, ast.BinOp | ast.BoolOp | ast.UnaryOp) else type(node)
    return _BINDING.get(key, 16)


@dataclass(frozen=True)
class Place:
    """One function of one file; everything that a template may ask about it."""

    path: str
    text: str
    module: ast.Module
    function: Function
    snapshot: Snapshot = field(compare=False, repr=False)
    """The code around; its other modules may offer what is missing here."""

    @classmethod
    def of(cls, snapshot: Snapshot, function: Function) -> Place | None:
        """The place of a function; None when its file does not parse."""
        text, tree = snapshot.text(function.path), snapshot.tree(function.path)
        return cls(function.path, text, tree, function, snapshot) if text is not None and tree else None

    @cached_property
    def spans(self) -> Spans:
        """Positions to offsets."""
        return Spans(self.text)

    @cached_property
    def scope(self) -> Scope:
        """The names in reach."""
        return scope(self.function.node, self.module)

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """Every node's parent."""
        return {child: node for node in ast.walk(self.function.node) for child in ast.iter_child_nodes(node)}

    @cached_property
    def blocks(self) -> Mapping[ast.AST, tuple[list[ast.stmt], int]]:
        """Every statement's block, and its index there."""
        found = {}
        for node in ast.walk(self.function.node):
            for _, value in ast.iter_fields(node):
                if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                    found.update({statement: (value, index) for index, statement in enumerate(value)})
        return found

    @cached_property
    def statements(self) -> tuple[ast.stmt, ...]:
        """The statements in order; the docstring is not one."""
        body = self.function.node.body
        doc = body[0] if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else None
        return tuple(statement for statement in statements(self.function.node) if statement is not doc)

    @cached_property
    def conditions(self) -> tuple[ast.expr, ...]:
        """The boolean expressions of the function."""
        tests = (node.test for node in ast.walk(self.function.node) if isinstance(node, ast.If | ast.While | ast.IfExp))
        return tuple(part for test in tests for part in (test.values if isinstance(test, ast.BoolOp) else [test]))

    def nodes(self, statement: ast.stmt) -> Iterator[ast.AST]:
        """The statement and the nodes of its own expressions, outer ones first; not those of its body."""
        todo: list[ast.AST] = [statement]
        while todo:
            node = todo.pop(0)
            yield node
            if not isinstance(node, ast.JoinedStr):  # before 3.12, what is inside has no true positions
                todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
            if isinstance(node, ast.arg | ast.AnnAssign | ast.FunctionDef | ast.AsyncFunctionDef):
                hints = {getattr(node, "annotation", None), getattr(node, "returns", None)}
                todo = [child for child in todo if child not in hints]

    def code(self, node: ast.AST) -> str:
        """The node as it is written."""
        return self.spans.code(node)

    def atom(self, node: ast.expr) -> str:
        """The node as it is written, in parentheses where an operator or a trailer beside it would tear it apart."""
        code = self.code(node)
        return code if isinstance(node, _ATOMS) or _closed(code) else f"({code})"

    def kind(self, node: ast.expr) -> Kind | None:
        """What the expression seems to hold."""
        return kind_of(node, self.scope.kinds)

    def replace(self, node: ast.expr, text: str) -> Span:
        """The node written as `text`, in parentheses where its surroundings need them."""
        start, end = self.spans.of(node)
        return Span(start, end, self._fitted(node, text))

    def indent(self, statement: ast.stmt) -> str | None:
        """The white space before the statement; None when it shares its line with other code."""
        start, end = self.spans.of(statement)
        line = self.spans.line_of(start)
        before = self.text[self.spans.line_start(line) : start]
        behind = self.text[end : self.spans.line_start(self.spans.line_of(end) + 1)]
        alone = not before.strip() and (not behind.strip() or behind.strip().startswith("#"))
        return before if alone else None

    def lines(self, first: ast.stmt, last: ast.stmt | None = None) -> tuple[int, int]:
        """The whole lines that a statement, or a run of statements, stands on."""
        start, _ = self.spans.of(first)
        _, end = self.spans.of(last or first)
        return (
            self.spans.line_start(self.spans.line_of(start)),
            self.spans.line_start(self.spans.line_of(end) + 1),
        )

    def insert_before(self, statement: ast.stmt, code: str) -> Span | None:
        """Lines of code before the statement, indented like it; None when it does not stand alone."""
        indent = self.indent(statement)
        if indent is None:
            return None
        start, _ = self.lines(statement)
        return Span(start, start, self._block(code, indent))

    def insert_after(self, statement: ast.stmt, code: str) -> Span | None:
        """Lines of code behind the statement, indented like it."""
        indent = self.indent(statement)
        if indent is None:
            return None
        _, end = self.lines(statement)
        ended = end == 0 or self.text[end - 1] in "\r\n"
        block = self._block(code, indent)
        return Span(end, end, block if ended else self.newline + block)

    def delete(self, statement: ast.stmt) -> Span | None:
        """The statement removed, or `pass` in its place where it was all there was."""
        indent = self.indent(statement)
        if indent is None or statement not in self.blocks:
            return None
        start, end = self.lines(statement)
        alone = len(self.blocks[statement][0]) == 1
        return Span(start, end, f"{indent}pass{self.newline}" if alone else "")

    def importing(self, statement: str) -> Span:
        """An import added to the file."""
        return Span(*imports.added(statement, self.module, self.spans))

    @cached_property
    def newline(self) -> str:
        """The line end of the file."""
        found = re.search(r"\r\n|\n|\r", self.text)
        return found.group() if found else "\n"

    def _block(self, code: str, indent: str) -> str:
        return "".join(f"{indent}{line}{self.newline}" if line else self.newline for line in code.split("\n"))

    def _fitted(self, node: ast.expr, text: str) -> str:
        if _closed(text) or re.fullmatch(r"[\w.]+", text):
            return text
        try:
            new = ast.parse(f"({text})", mode="eval").body
        except SyntaxError:
            return text
        return f"({text})" if binding(new) <= self._pull(node) else text

    def _pull(self, node: ast.expr) -> int:
        """How tightly an expression must bind to stand where the node stands."""
        parent = self.parents.get(node)
        match parent:
            case ast.Call(func=owner) | ast.Attribute(value=owner) | ast.Subscript(value=owner) if owner is node:
                return 15
            case ast.comprehension():
                return _BINDING[ast.IfExp]
            case ast.BinOp() | ast.BoolOp() | ast.UnaryOp() | ast.Compare() | ast.IfExp() | ast.Await():
                return binding(parent)
            case ast.Starred():
                return _BINDING[ast.Compare]
            case ast.Lambda() | ast.NamedExpr():
                return _BINDING[ast.Lambda]
        return -2


def _closed(code: str) -> bool:
    """Whether the code is one bracketed whole, or a plain trailer chain."""
    if not code or code[0] not in "([{" or code[-1] not in ")]}":
        return False
    depth = 0
    for index, char in enumerate(code):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return index == len(code) - 1
    return False
