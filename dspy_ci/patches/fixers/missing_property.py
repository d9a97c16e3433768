"""A method that is read like a value, or a value that is called like a method: `@property` is missing or too much."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, site_at, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-property"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The decorator added to the method that the failure shows; or taken from the one that the test calls."""
    found = said(failure, r"<bound method (?:\w+\.)*?(?P<owner>\w+)\.(?P<name>\w+) of")
    found = found or said(failure, r"where (?P<owner>)(?P<name>\w+) = [^\n]*\.(?P=name)(?=\n|$)")
    if found:
        for site, node in _methods(found["name"], evidence, owner=found["owner"] or None):
            if len(node.args.args) == 1 and not node.decorator_list and not node.args.kwonlyargs:
                start = site.spans.line_start(node.lineno)
                text = f"{' ' * node.col_offset}@property\n"
                why = f"`{node.name}` is read like a value, and is a method."
                yield site.patch([Span(start, start, text)], NAME, why, 0.9)
    elif said(failure, r"object is not callable") and not any(sites(failure, evidence)):
        for name in _called(failure, evidence):
            for site, node in _methods(name, evidence):
                yield from _bare(node, site)


def _methods(
    name: str, evidence: Evidence, owner: str | None = None
) -> Iterator[tuple[Site, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in evidence.paths:
        site = site_at(evidence, path, 1) if name in (evidence.snapshot.text(path) or "") else None
        classes = (node for node in ast.walk(site.tree) if isinstance(node, ast.ClassDef)) if site else ()
        for node in classes:
            for part in node.body if owner in {None, node.name} else ():
                if site and isinstance(part, Definition) and part.name == name:
                    yield site, part


def _called(failure: Failure, evidence: Evidence) -> list[str]:
    """The methods that the test calls on the failing line."""
    frame = next((frame for frame in reversed(failure.frames) if frame.in_repo and frame.line), None)
    path, line = (frame.file, frame.line) if frame else (failure.file, failure.line)
    text = evidence.snapshot.text(path or "") or ""
    lines = text.splitlines()
    return re.findall(r"\.(\w+)\(\)", lines[line - 1]) if line and line <= len(lines) else []


def _bare(node: ast.FunctionDef | ast.AsyncFunctionDef, site: Site) -> Iterator[Patch]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Name) and mark.id == "property":
            first = site.spans.line_start(mark.lineno)
            span = Span(first, site.spans.line_start(mark.lineno + 1), "")
            yield site.patch([span], NAME, f"`{node.name}` is called, and is a property.", 0.9)
