"""A path taken apart or put together with the separator of another system."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import executed, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "separators"

_BACKSLASH = "\\"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """Forward slashes, which every system understands, where the failing test ran into backslashes."""
    if failure.kind != "test":
        return
    seen: set[tuple[str, int]] = set()
    for site in (*sites(failure, evidence), *executed(failure, evidence)):
        place = (site.path, site.function.start)
        texts = [] if place in seen else [node for node in ast.walk(site.function.node) if _is_separator(node)]
        seen.add(place)
        spans = [site.replace(node, site.code(node).replace(_BACKSLASH * 2, "/")) for node in texts]
        spans = [span for span in spans if _BACKSLASH not in span.text]
        if spans:
            yield site.patch(spans, NAME, "Paths are written with forward slashes, which every system takes.", 0.6)


def _is_separator(node: ast.AST) -> bool:
    """A text that is a backslash between names, or alone; escapes of regular expressions are none."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or _BACKSLASH not in node.value:
        return False
    parts = node.value.split(_BACKSLASH)
    return all(
        part == "" or part.replace("_", "").replace("-", "").replace(".", "").isalnum() for part in parts
    ) and all(len(part) != 1 for part in parts)
