"""The composite metric of a tree as it is."""

from __future__ import annotations

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.verdicts.baseline import Baseline
from dspy_ci.verdicts.score import Score, cleanliness


def scored(baseline: Baseline, code: Snapshot) -> Score:
    """Tests: the share of stable ids that pass. Types and lint: all diagnostics; syntax alone without a checker."""
    red, green = len(baseline.targets), len(baseline.passing)
    parts: dict[str, float | None] = {"tests": green / (red + green) if red + green else None}
    for part in ("types", "lint"):
        findings = baseline.findings.get(part)
        found = findings.diagnostics if findings else None
        parts[part] = None if found is None else cleanliness(sum(found.values()))
    if parts["types"] is None:
        parts["types"] = cleanliness(sum(code.tree(path) is None for path in code.python_paths))
    return Score(parts)
