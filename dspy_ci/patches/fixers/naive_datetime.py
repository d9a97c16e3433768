"""A time without its zone compared with, or subtracted from, one that has it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import Site, executed, said, sites
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.templates.place import Span
from dspy_ci.suspects.evidence import Evidence

NAME = "naive-datetime"


_READERS = {"fromisoformat": 0.8, "strptime": 0.93, "combine": 0.8, "datetime": 0.6}
"""What makes a time without a zone, and how well UTC is simply written to it: what is read may bring its own."""


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """`now()` and `utcnow()` told that they mean UTC; a time that was read put in UTC where it names no zone."""
    if not said(failure, r"offset-naive and offset-aware|datetime\.utcnow\(\) is deprecated"):
        return
    seen = set()
    for site in (*sites(failure, evidence), *executed(failure, evidence)):
        if (site.path, site.function.start) in seen:
            continue
        seen.add((site.path, site.function.start))
        found = [n for n in ast.walk(site.function.node) if isinstance(n, ast.Call)]
        calls = [call for call in found if _is_naive(call)]
        if calls:
            zone, extra = _utc(calls[0], site)
            spans = [
                site.replace(call, f"{site.code(call.func).removesuffix('utcnow').removesuffix('now')}now({zone})")
                for call in calls
            ]
            yield site.patch([*spans, *extra], NAME, "The time is taken in UTC, with its zone.", 0.95)
        for call in found:
            yield from _read(call, site)


def _read(call: ast.Call, site: Site) -> Iterator[Patch]:
    """UTC for a time that was read: where it has no zone, or always."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in _READERS or any(keyword.arg == "tzinfo" for keyword in call.keywords):
        return
    zone, extra = _utc(call, site)
    for statement in ast.walk(site.function.node):
        if isinstance(statement, ast.Assign | ast.Return) and statement.value is call:
            lines = _guarded(statement, zone, site)
            if lines:
                why = "A time that names no zone is taken as UTC."
                yield site.patch([lines, *extra], NAME, why, 0.9 if name == "fromisoformat" else 0.7)
    text = f"{site.code(call)}.replace(tzinfo={zone})"
    yield site.patch([site.replace(call, text), *extra], NAME, "The time is taken as UTC.", _READERS[name])


def _guarded(statement: ast.Assign | ast.Return, zone: str, site: Site) -> Span | None:
    start, end = site.spans.of(statement)
    line = site.spans.line_start(statement.lineno)
    indent = site.spans.text[line:start]
    newline = "\r\n" if "\r\n" in site.spans.text else "\n"
    target = statement.targets[0] if isinstance(statement, ast.Assign) else ast.Name("moment")
    if indent.strip() or not isinstance(target, ast.Name) or statement.value is None:
        return None
    name = target.id
    lines = [
        f"{name} = {site.code(statement.value)}",
        f"{indent}if {name}.tzinfo is None:",
        f"{indent}    {name} = {name}.replace(tzinfo={zone})",
        *([f"{indent}return {name}"] if isinstance(statement, ast.Return) else []),
    ]
    return Span(start, end, newline.join(lines))


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
