"""A file that is looked for where the program was started, and lies beside the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "data-path"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The path taken from the module's own place, where the repository holds the file there."""
    found = said(failure, r"No such file or directory: '([^']+)'")
    if not found:
        return
    for site in sites(failure, evidence):
        folder = site.path.rpartition("/")[0]
        wanted = f"{folder}/{found[1]}" if folder else found[1]
        if wanted not in evidence.snapshot or found[1].startswith("/"):
            continue
        for node in ast.walk(site.tree):
            if isinstance(node, ast.Constant) and node.value == found[1]:
                yield _beside(node, site)


def _beside(node: ast.Constant, site: Site) -> Patch:
    known = "Path" in site.scope.globals
    extra: list[Span] = [] if known else [site.importing("from pathlib import Path")]
    code = f"Path(__file__).parent / {site.code(node)}"
    holders = (other for other in ast.walk(site.tree) if isinstance(other, ast.Attribute | ast.BinOp))
    wrapped = any(node in ast.iter_child_nodes(other) for other in holders)
    text = f"({code})" if wrapped else code
    why = f"`{node.value!s}` lies beside the module, wherever the program is started."
    return site.patch([site.replace(node, text), *extra], NAME, why, 0.95)
