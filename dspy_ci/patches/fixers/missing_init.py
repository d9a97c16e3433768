"""A folder that is imported like a package but has no `__init__.py` to offer its names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.codebase.modules import module_name
from dspy_ci.codebase.scopes import bindings
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import said
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-init"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """A new `__init__.py` that brings the name from the one module of the folder that defines it."""
    if found := said(failure, r"cannot import name '(\w+)' from '([\w.]+)' \(unknown location\)"):
        yield from _created(found[1], found[2], evidence)
    elif found := said(failure, r"module '([\w.]+)' has no attribute '(\w+)'"):
        yield from _created(found[2], found[1], evidence)


def _created(name: str, package: str, evidence: Evidence) -> Iterator[Patch]:
    for folder in _folders(package, evidence):
        path = f"{folder}/__init__.py"
        homes = [home for home in _inside(folder, evidence) if name in _defines(home, evidence)]
        if path in evidence.snapshot or len(homes) != 1:
            continue
        module = homes[0].removeprefix(f"{folder}/").removesuffix(".py")
        text = f"from {package}.{module} import {name}\n"
        why = f"`{package}` has no `__init__.py`, so it cannot offer `{name}` of {homes[0]}."
        yield Patch(evidence.snapshot, (Edit(path, 0, 0, text),), f"fixer:{NAME}", why, weight=0.96)


def _folders(package: str, evidence: Evidence) -> list[str]:
    """Folders of that dotted name that hold modules."""
    tail = package.replace(".", "/")
    above = {path.rpartition("/")[0] for path in evidence.paths}
    return sorted(folder for folder in above if folder == tail or folder.endswith(f"/{tail}"))


def _inside(folder: str, evidence: Evidence) -> list[str]:
    return [path for path in evidence.paths if path.rpartition("/")[0] == folder]


def _defines(path: str, evidence: Evidence) -> set[str]:
    tree = evidence.snapshot.tree(path)
    own = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)] if tree else []
    named = {node.name for node in own if isinstance(node, Definition | ast.ClassDef)}
    return (
        named | {name for name, _ in bindings(own)} | {module_name(evidence.snapshot, path).rpartition(".")[2]} - {""}
    )
