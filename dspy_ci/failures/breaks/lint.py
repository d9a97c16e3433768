"""Syntax errors and undefined names that the change brings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dspy_ci.codebase.difference import Difference
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.ports.linter import Diagnostic, Linter

_NAME = re.compile(r"[`'\"](\w+)[`'\"]")
_SETTINGS = ("pyproject.toml", "ruff.toml", ".ruff.toml")


def found(difference: Difference, linter: Linter) -> Iterator[Failure]:
    """What the linter says about the files as they are to be and did not say about them as they were."""
    pairs = [
        (move.before, move.after) for move in difference.moves if move.after and move.after.endswith((".py", ".pyi"))
    ]
    new = _diagnostics(linter, difference.after, [after for _, after in pairs if after])
    if not new:
        return
    old = _diagnostics(linter, difference.before, [before for before, _ in pairs if before])
    for before, after in pairs:
        known = Counter(_key(diagnostic) for diagnostic in old if diagnostic.path == before)
        fresh = [diagnostic for diagnostic in new if diagnostic.path == after]
        broken = [diagnostic for diagnostic in fresh if diagnostic.code == "invalid-syntax"]
        if broken and not any(key[0] == "invalid-syntax" for key in known):
            yield _failure(broken[0])
        if not broken:
            yield from (_failure(diagnostic) for diagnostic in fresh if not known[_key(diagnostic)])


def _diagnostics(linter: Linter, snapshot: Snapshot, paths: list[str]) -> Sequence[Diagnostic]:
    """What is wrong with the paths, judged beside the settings that stand above them."""
    wanted = {path for path in paths if snapshot.source(path)}
    folders = {"/".join(path.split("/")[:depth]) for path in wanted for depth in range(path.count("/") + 1)}
    settings = {f"{folder}/{name}".lstrip("/") for folder in folders for name in _SETTINGS}
    files = {path: source.data for path in wanted | settings if (source := snapshot.source(path))}
    return [diagnostic for diagnostic in linter.diagnostics(files) if diagnostic.path in wanted] if wanted else []


def _key(diagnostic: Diagnostic) -> tuple[str, str]:
    if diagnostic.code == "invalid-syntax":
        return diagnostic.code, ""
    match = _NAME.search(diagnostic.message)
    return diagnostic.code, match[1] if match else diagnostic.message


def _failure(diagnostic: Diagnostic) -> Failure:
    code, name = _key(diagnostic)
    syntax = code == "invalid-syntax"
    return Failure(
        "dspy-ci", "syntax" if syntax else "lint", _said(diagnostic), diagnostic.path, diagnostic.line, diagnostic.col,
        symbol=name or None, code=code if syntax else "undefined-name",
        fixable_hint=Hint("command", "dspy-ci hook fix"),
    )  # fmt: skip


def _said(diagnostic: Diagnostic) -> str:
    message = diagnostic.message.removeprefix("SyntaxError: ").replace("`", "'")
    return f"{message[:1].lower()}{message[1:]}"
