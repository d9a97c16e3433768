"""Where a failure touches our own code, and the patches that fixers make there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from dspy_ci.codebase import imports
from dspy_ci.codebase.functions import Function, function_at, functions
from dspy_ci.codebase.scopes import Scope, scope
from dspy_ci.codebase.spans import Spans
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence, is_test


@dataclass(frozen=True)
class Site:
    """A line of our own code, in a file that parses."""

    evidence: Evidence
    path: str
    line: int
    tree: ast.Module
    spans: Spans

    @cached_property
    def function(self) -> Function:
        """The function around the line, or the module."""
        found = functions(self.path, self.tree)
        return function_at(found, self.line) or found[-1]

    @cached_property
    def scope(self) -> Scope:
        """The names in reach."""
        return scope(self.function.node, self.tree)

    @cached_property
    def nodes(self) -> tuple[ast.expr, ...]:
        """The expressions that touch the line, outer ones first."""
        found = (node for node in ast.walk(self.tree) if isinstance(node, ast.expr))
        return tuple(node for node in found if node.lineno <= self.line <= (node.end_lineno or node.lineno))

    def code(self, node: ast.AST) -> str:
        """The node as it is written."""
        return self.spans.code(node)

    def replace(self, node: ast.AST, text: str) -> Span:
        """The node written as `text`."""
        return Span(*self.spans.of(node), text)

    def patch(self, spans: Iterable[Span], name: str, why: str, weight: float = 1.0) -> Patch:
        """A patch of this file."""
        edits = tuple(Edit(self.path, *span) for span in spans)
        return Patch(self.evidence.snapshot, edits, f"fixer:{name}", why, weight=weight)

    def importing(self, statement: str) -> Span:
        """An import added to the file."""
        return Span(*imports.added(statement, self.tree, self.spans))


def sites(failure: Failure, evidence: Evidence) -> Iterator[Site]:
    """The lines of our own code that the failure names, innermost frame first; never those of tests."""
    frames = [(frame.file, frame.line) for frame in reversed(failure.frames) if frame.in_repo and frame.line]
    for path, line in dict.fromkeys([*frames, (failure.file, failure.line)]):
        if path and line and path in evidence.snapshot and not is_test(path):
            site = site_at(evidence, path, line)
            if site:
                yield site


def executed(failure: Failure, evidence: Evidence) -> Iterator[Site]:
    """Our own functions that the failing test ran, each at its first line."""
    for path, lines in sorted(evidence.lines.get(failure.test_id or "", {}).items()):
        tree = evidence.snapshot.tree(path) if path in evidence.paths else None
        for function in functions(path, tree)[:-1] if tree else ():
            site = site_at(evidence, path, function.start) if any(line in function for line in lines) else None
            if site:
                yield site


def site_at(evidence: Evidence, path: str, line: int) -> Site | None:
    """The site of a line; None when the file does not parse."""
    tree, text = evidence.snapshot.tree(path), evidence.snapshot.text(path)
    return Site(evidence, path, line, tree, Spans(text)) if tree and text is not None else None


def defined_as(definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, name: str, site: Site) -> Span:
    """The definition under another name."""
    start = site.spans.offset(definition.lineno, definition.col_offset)
    at = start + site.spans.text[start:].index(definition.name, 3)
    return Span(at, at + len(definition.name), name)


def said(failure: Failure, pattern: str) -> re.Match[str] | None:
    """What the pattern finds in the failure's message."""
    return re.search(pattern, failure.message)


def similar(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Known names that look like a misspelling of the name, the nearest first."""
    others = [other for other in dict.fromkeys(known) if other != name]
    folded = [other for other in others if _folded(other) == _folded(name)]
    return list(dict.fromkeys([*folded, *get_close_matches(name, others, n=most, cutoff=0.7)]))[:most]


def _folded(name: str) -> str:
    return name.replace("_", "").lower()
