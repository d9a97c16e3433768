"""A dataclass whose fields cannot be as they are written: shared defaults, fields without one behind others."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, site_at
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "dataclass-default"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """A factory for the default; the field before those that have one."""
    if found := said(failure, r"mutable default <class '[\w.]+'> for field (\w+) is not allowed"):
        for site, _, node in _fields(found[1], evidence):
            if node.value is not None:
                yield _made(node, node.value, site)
    elif found := said(failure, r"non-default argument '(\w+)' follows default argument"):
        for site, owner, node in _fields(found[1], evidence):
            if node.value is None:
                yield from _before(node, owner, site)


def _fields(name: str, evidence: Evidence) -> Iterator[tuple[Site, ast.ClassDef, ast.AnnAssign]]:
    for path in evidence.paths:
        site = site_at(evidence, path, 1) if "dataclass" in (evidence.snapshot.text(path) or "") else None
        for owner in ast.walk(site.tree) if site else ():
            if not isinstance(owner, ast.ClassDef) or not owner.decorator_list:
                continue
            for node in owner.body:
                if site and isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name:
                    yield site, owner, node


def _made(node: ast.AnnAssign, value: ast.expr, site: Site) -> Patch:
    code = site.code(value)
    plain = {"[]": "list", "{}": "dict", "set()": "set", "list()": "list", "dict()": "dict"}.get(code)
    prefix, extra = _field(site)
    made = f"{prefix}(default_factory={plain or f'lambda: {code}'})"
    why = f"The default of `{site.code(node.target)}` would be shared; each object gets one of its own."
    return site.patch([site.replace(value, made), *extra], NAME, why, 0.98)


def _field(site: Site) -> tuple[str, list[Span]]:
    """How `field` is written here, and the import that it needs."""
    for node in site.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses":
            if any(alias.name == "field" for alias in node.names):
                return "field", []
            end = site.spans.of(node.names[-1])[1]
            return "field", [Span(end, end, ", field")]
        if isinstance(node, ast.Import) and any(alias.name == "dataclasses" for alias in node.names):
            return "dataclasses.field", []
    return "field", [site.importing("from dataclasses import field")]


def _before(node: ast.AnnAssign, owner: ast.ClassDef, site: Site) -> Iterator[Patch]:
    first = next((part for part in owner.body if isinstance(part, ast.AnnAssign) and part.value), None)
    if first is None or first.lineno >= node.lineno:
        return
    start, end = site.spans.line_start(node.lineno), site.spans.line_start((node.end_lineno or node.lineno) + 1)
    name, at = site.code(node.target), site.spans.line_start(first.lineno)
    line = site.spans.text[start:end]
    moved = [Span(at, at, line if line.endswith("\n") else f"{line}\n"), Span(start, end, "")]
    yield site.patch(moved, NAME, f"`{name}` has no default, so it stands before the fields that have one.", 0.9)
    _, last = site.spans.of(node)
    yield site.patch([Span(last, last, " = None")], NAME, f"`{name}` becomes optional, like the fields before it.", 0.7)
