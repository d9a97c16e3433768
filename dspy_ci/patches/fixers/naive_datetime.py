"""A time without its zone compared with, or subtracted from, one that has it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "naive-datetime"


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """`now()` and `utcnow()` told that they mean UTC."""
    if not said(failure, r"offset-naive and offset-aware|datetime\.utcnow\(\) is deprecated"):
        return
    for site in sites(failure, evidence):
        calls = [n for n in ast.walk(site.function.node) if isinstance(n, ast.Call) and _is_naive(n)]
        if calls:
            zone, extra = _utc(calls[0], site)
            spans = [
                site.replace(call, f"{site.code(call.func).removesuffix('utcnow').removesuffix('now')}now({zone})")
                for call in calls
            ]
            yield site.patch([*spans, *extra], NAME, "The time is taken in UTC, with its zone.", 0.95)


def _is_naive(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in {"now", "utcnow"}
        and not (call.args or call.keywords)
    )


def _utc(call: ast.Call, site: Site) -> tuple[str, list[Span]]:
    """How UTC is written here, and the import that it needs."""
    owner = site.code(call.func).rpartition(".")[0]
    if owner.endswith(".datetime"):
        return f"{owner.removesuffix('.datetime')}.timezone.utc", []
    if "timezone" in site.scope.globals:
        return "timezone.utc", []
    return "timezone.utc", [site.importing("from datetime import timezone")]
