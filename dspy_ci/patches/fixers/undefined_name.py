"""A name that nothing defines: not imported, misspelt, or an attribute without its `self`."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from difflib import SequenceMatcher

from dspy_ci.codebase.functions import Definition
from dspy_ci.codebase.modules import module_name
from dspy_ci.codebase.scopes import bindings
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.known_imports import imports_for
from dspy_ci.patches.fixers.site import Site, said, similar, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "undefined-name"

_CLOSE = 0.8
"""How alike two names are that a slip of the finger tells apart."""


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """Import it, write it as it is spelt elsewhere, or take it from `self`."""
    found = said(
        failure, r"(?i)(?<!\w)(?:undefined )?name ['\"`](\w+)['\"`](?: is not defined)?|^['\"](\w+)['\"] is not defined"
    )
    if not found or not _is_undefined(failure, found[0]):
        return
    name = found[1] or found[2]
    for site in sites(failure, evidence):
        uses = [n for n in ast.walk(site.function.node) if isinstance(n, ast.Name) and n.id == name]
        if uses:
            yield from _renamed(name, uses, site)
            yield from _imports(name, uses, site)
            yield from _of_self(name, uses, site)
            yield from _misspelt(name, uses, site)
            return


def _is_undefined(failure: Failure, text: str) -> bool:
    """Whether that is what was meant: Python's words, or those of a checker with its rule."""
    return "is not defined" in text or text.lower().startswith("undefined name") or failure.code == "name-defined"


def _renamed(name: str, uses: list[ast.Name], site: Site) -> Iterator[Patch]:
    """The name that this change put in its place, where that is known here."""
    for rank, other in enumerate(site.evidence.renamed.get(name, ())):
        spans = [site.replace(use, other) for use in uses]
        home = next((s for s in _project_imports(other, site)), None)
        known = site.scope.known(other) or hasattr(builtins, other)
        why = f"This change renamed `{name}` to `{other}`; one use was left behind."
        if known or home:
            more = [] if known or home is None else [site.importing(home)]
            yield site.patch([*spans, *more], NAME, why, 0.99 - 0.1 * rank)


def _imports(name: str, uses: list[ast.Name], site: Site) -> Iterator[Patch]:
    attributes = {n.attr for n in ast.walk(site.tree) if isinstance(n, ast.Attribute) and n.value in uses}
    project = [*_project_imports(name, site)]
    for statement in (*project, *imports_for(name, min(attributes, default=None))):
        why = f"`{name}` is used in {site.path} but never imported."
        yield site.patch([site.importing(statement)], NAME, why, 0.98 if statement in project else 0.95)


def _project_imports(name: str, site: Site) -> Iterator[str]:
    snapshot = site.evidence.snapshot
    for path in site.evidence.paths:
        tree = snapshot.tree(path) if path != site.path else None
        if tree is None or name not in (snapshot.text(path) or ""):
            continue
        defined = any(isinstance(n, Definition | ast.ClassDef) and n.name == name for n in tree.body)
        assigned = any(isinstance(n, ast.Assign | ast.AnnAssign) and name in dict(bindings([n])) for n in tree.body)
        if defined or assigned:
            yield f"from {module_name(snapshot, path)} import {name}"
        elif path.rsplit("/", 1)[-1] == f"{name}.py":
            yield f"import {module_name(snapshot, path)}"


def _of_self(name: str, uses: list[ast.Name], site: Site) -> Iterator[Patch]:
    """The name as an attribute of the first parameter, where the class has such an attribute."""
    owner = next((n for n in ast.walk(site.tree) if isinstance(n, ast.ClassDef) and site.function.node in n.body), None)
    if owner is None or not site.scope.params or site.scope.params[0] not in {"self", "cls"}:
        return
    first = site.scope.params[0]
    own = {n.name for n in owner.body if isinstance(n, Definition)} | {key for key, _ in bindings(owner.body)}
    own |= {n.attr for n in ast.walk(owner) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
    if name in own:
        spans = [site.replace(use, f"{first}.{name}") for use in uses]
        yield site.patch(spans, NAME, f"`{name}` is an attribute of the object: it needs `{first}.`.", 0.97)


def _misspelt(name: str, uses: list[ast.Name], site: Site) -> Iterator[Patch]:
    reach = [key for key, line in site.scope.locals.items() if line <= site.line]
    known = [*reach, *site.scope.globals, *(key for key in dir(builtins) if not key.startswith("_"))]
    for rank, other in enumerate(similar(name, known)):
        spans = [site.replace(use, other) for use in uses]
        close = not rank and SequenceMatcher(None, name, other).ratio() >= _CLOSE and not hasattr(builtins, other)
        yield site.patch(spans, NAME, f"`{name}` is not defined; `{other}` is.", 0.94 if close else 0.9 - 0.1 * rank)
