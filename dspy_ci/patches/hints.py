"""What is at hand before anybody thinks: patches that the output itself holds, and ruff's own cures of real faults."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.codebase.spans import Spans
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.applier import applied
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import Command, Copy

_RULES = "B006,E711,E712,E713,E714,F632,PLE,RUF027"
"""Faults that change what code does: shared defaults, `is` with a literal, a forgotten f before a text."""
_PATIENCE = 20.0
_MOST = 30
_WEIGHT = 0.5


def hinted(code: Snapshot, failures: Iterable[Failure]) -> Iterator[Patch]:
    """The patches that tools printed together with their complaints."""
    for failure in failures:
        hint = failure.fixable_hint
        if hint and hint.kind == "patch":
            patch = applied(hint.text, code, origin="hint", rationale=f"The cure that {failure.tool} itself prints.")
            if isinstance(patch, Patch):
                yield patch


def linted(code: Snapshot, paths: Sequence[str], copy: Copy) -> Iterator[Patch]:
    """One patch for each fault that ruff finds in the files and knows a cure for, whatever the project's settings."""
    if not paths:
        return
    argv = (sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--preview", "--exit-zero", "--quiet",
            "--unsafe-fixes", f"--select={_RULES}", "--output-format=json", "--", *paths[:_MOST])  # fmt: skip
    for found in _found(copy.run(Command(argv, _PATIENCE)).output):
        path = next((one for one in paths if str(found.get("filename", "")).endswith(f"/{one}")), None)
        edits = tuple(_edits(found, path, code)) if path else ()
        if edits:
            why = f"Ruff's own cure of {found.get('code')}: {found.get('message')}."
            yield Patch(code, edits, "ruff", why, weight=_WEIGHT)


def _found(output: str) -> list[Mapping[str, Any]]:
    """What ruff said; nothing when it did not run."""
    try:
        told = json.loads(output)
    except ValueError:
        return []
    return [one for one in told if isinstance(one, dict) and one.get("fix")] if isinstance(told, list) else []


def _edits(found: Mapping[str, Any], path: str, code: Snapshot) -> Iterator[Edit]:
    text = code.text(path)
    if text is None or not text.isascii():  # ruff counts characters, spans count bytes: where both agree, nobody errs
        return
    spans = Spans(text)
    try:
        for edit in found["fix"]["edits"]:
            start, end = edit["location"], edit["end_location"]
            first = spans.line_start(start["row"]) + start["column"] - 1
            last = spans.line_start(end["row"]) + end["column"] - 1
            yield Edit(path, first, last, edit["content"] or "")
    except (KeyError, TypeError, IndexError):
        return
