"""A variable that hides the built-in function that the code needs."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "shadowed-builtin"

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Module


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The variable under another name, wherever it is meant; the calls keep the built-in."""
    found = said(failure, r"local variable '(\w+)' (?:referenced before assignment|where it is not associated)")
    if not found and not said(failure, r"object is not callable"):
        return
    for site in sites(failure, evidence):
        called = [node.func.id for node in site.nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        for name in dict.fromkeys(called):
            if hasattr(builtins, name) and (not found or found[1] == name):
                yield from _renamed(name, site)


def _renamed(name: str, site: Site) -> Iterator[Patch]:
    scope = _binding_scope(name, site)
    if scope is None or any(
        isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in ast.walk(scope)
    ):
        return
    other = f"{name}_"
    meant = {id(node.func) for node in ast.walk(scope) if isinstance(node, ast.Call)}
    uses = [
        node for node in ast.walk(scope) if isinstance(node, ast.Name) and node.id == name and id(node) not in meant
    ]
    arguments = [node for node in ast.walk(scope) if isinstance(node, ast.arg) and node.arg == name]
    taken = {node.id for node in ast.walk(scope) if isinstance(node, ast.Name)}
    if arguments or not uses or other in taken:  # callers may name a parameter
        return
    spans: list[Span] = [site.replace(use, other) for use in uses]
    why = f"The variable `{name}` hides the built-in `{name}`; it is called `{other}` now."
    yield site.patch(spans, NAME, why, 0.96)


def _binding_scope(name: str, site: Site) -> _Scope | None:
    """The function around the line that assigns the name, else the module that does."""
    around = [
        n for n in ast.walk(site.tree) if isinstance(n, Definition) and n.lineno <= site.line <= (n.end_lineno or 0)
    ]
    for scope in (*sorted(around, key=lambda node: -node.lineno), site.tree):
        if any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(scope)):
            return scope
    return None
