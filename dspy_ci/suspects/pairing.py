"""The file that a test file is named after, and the files that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from dspy_ci.codebase.modules import module_paths
from dspy_ci.suspects.evidence import Clue, Clues, Evidence, Spot

NAME = "pairing"
WEIGHT = 0.4


def clues(evidence: Evidence) -> Clues:
    """The namesake of a failing test's file, and, weaker, what the file imports."""
    found: dict[Spot, Clue] = {}
    for test in evidence.test_paths:
        stem = PurePosixPath(test).stem.removeprefix("test_").removesuffix("_test")
        found |= {Spot(path, 0): Clue(0.6, f"imported by {test}") for path in _imported(evidence, test)}
        for path in evidence.paths:
            if PurePosixPath(path).stem.lstrip("_") == stem:
                found[Spot(path, 0)] = Clue(1.0, f"the namesake of {test}")
    return found


def _imported(evidence: Evidence, test: str) -> Iterator[str]:
    tree = evidence.snapshot.tree(test)
    for node in ast.walk(tree) if tree else ():
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            yield from (path for path in module_paths(evidence.snapshot, name) if path in evidence.paths)
