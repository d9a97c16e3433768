"""A fixture that a test asks for and nobody offers: misspelt, or defined where pytest does not look."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from dspy_ci.codebase.functions import Definition
from dspy_ci.codebase.modules import module_name
from dspy_ci.codebase.spans import Spans
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import similar
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.proposal import Proposal
from dspy_ci.suspects.evidence import Evidence

NAME = "missing-fixture"

_BUILTIN = [
    "tmp_path", "tmp_path_factory", "monkeypatch", "capsys", "capfd", "caplog", "request", "recwarn", "pytestconfig",
    "cache", "tmpdir", "capsysbinary", "record_property", "mocker", "event_loop", "client",
]  # fmt: skip


def proposals(failure: Failure, evidence: Evidence) -> Iterator[Proposal]:
    """The name as it is defined, or the import that brings it; tests are yours to change."""
    found = re.search(r"fixture '(\w+)' not found", failure.message)
    if not found:
        return
    name, path = found[1], (failure.test_id or failure.file or "").partition("::")[0]
    known = dict(_fixtures(evidence))
    if name in known:
        yield _imported(name, known[name], path, evidence)
        return
    for other in similar(name, [*known, *_BUILTIN], most=1):
        where = f" ({known[other]})" if other in known else ""
        text = f"There is no fixture `{name}`; there is `{other}`{where}. Tests are yours to change."
        yield Proposal(NAME, text, None, _respelt(name, other, path, evidence))


def _fixtures(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for path in evidence.snapshot.python_paths:
        tree = evidence.snapshot.tree(path) if "fixture" in (evidence.snapshot.text(path) or "") else None
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, Definition) and any("fixture" in ast.dump(mark) for mark in node.decorator_list):
                yield node.name, path


def _imported(name: str, home: str, path: str, evidence: Evidence) -> Proposal:
    """A fixture that exists, in a file where pytest does not find it for this test."""
    folder = path.rpartition("/")[0]
    target = f"{folder}/conftest.py" if folder else "conftest.py"
    statement = f"from {module_name(evidence.snapshot, home)} import {name}  # noqa: F401\n"
    text = evidence.snapshot.text(target) or ""
    at = len(text)
    diff = Patch(evidence.snapshot, (Edit(target, at, at, statement),), "proposal", "").diff
    said = f"The fixture `{name}` is defined in {home}, where pytest does not look for {path}; {target} can bring it."
    return Proposal(NAME, said, None, diff)


def _respelt(name: str, other: str, path: str, evidence: Evidence) -> str | None:
    tree, text = evidence.snapshot.tree(path), evidence.snapshot.text(path)
    if tree is None or text is None:
        return None
    spans = Spans(text)
    nodes: list[ast.AST] = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
    starts = [spans.of(node)[0] for node in nodes]
    starts += [spans.of(node)[0] for node in ast.walk(tree) if isinstance(node, ast.arg) and node.arg == name]
    edits = tuple(Edit(path, start, start + len(name), other) for start in sorted(starts))
    return Patch(evidence.snapshot, edits, "proposal", "").diff if edits else None
