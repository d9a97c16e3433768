"""An annotation that speaks of a class before it exists, or in words that the interpreter does not know yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "forward-reference"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """Annotations that are not evaluated at all."""
    named = said(failure, r"name '(\w+)' is not defined")
    if not named and not said(
        failure, r"unsupported operand type\(s\) for \|: |'(?:type|ABCMeta|_?\w*Alias)' object is not subscriptable"
    ):
        return
    for site in sites(failure, evidence):
        if _is_annotated(site, named[1] if named else None) and not _is_postponed(site.tree):
            at = _head(site)
            why = "The annotation is evaluated before its names exist; it need not be evaluated at all."
            yield site.patch([Span(at, at, "from __future__ import annotations\n\n")], NAME, why, 0.985)


def _is_annotated(site: Site, name: str | None) -> bool:
    """Whether an annotation on the line speaks of the name, which the module binds."""
    found = [
        node.annotation for node in ast.walk(site.tree) if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation
    ]
    found += [
        node.returns
        for node in ast.walk(site.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns
    ]
    here = [node for node in found if node.lineno - 1 <= site.line <= (node.end_lineno or 0) + 1]
    if name is None:
        return bool(here)
    spoken = any(isinstance(part, ast.Name) and part.id == name for node in here for part in ast.walk(node))
    return spoken and any(isinstance(node, ast.ClassDef) and node.name == name for node in ast.walk(site.tree))


def _is_postponed(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)


def _head(site: Site) -> int:
    """Behind the docstring."""
    first = site.tree.body[0]
    is_doc = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return site.spans.line_start((first.end_lineno or 0) + 1) if is_doc and len(site.tree.body) > 1 else 0
