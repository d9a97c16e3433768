"""Many candidates in one run: the tests are collected once, each candidate's code runs in a child of that run.

Only changes inside a function's body can be tried so. What the screen lets through is tried again by the jury.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files as resources

from dspy_ci.codebase.functions import Function, functions
from dspy_ci.codebase.spans import Spans, spans_of
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import Copy
from dspy_ci.trials.jury import Jury
from dspy_ci.trials.trial import Trial, gain

_NAME = "dspy_ci_screening"
"""The plugin's module; always the same, so that a warm sandbox can keep it loaded."""


def screened(patches: Sequence[Patch], jury: Jury, copy: Copy, seconds: float) -> dict[tuple[Edit, ...], Trial]:
    """What became of the candidates that could be screened within the time; a full gain is a hint, no proof."""
    pairs = [(patch, version) for patch in patches if (version := version_of(patch))]
    if not pairs or any("::" not in name for name in jury.targets):
        return {}
    token = secrets.token_hex(8)
    job = _job(pairs, jury, token, seconds)
    plugin = (resources("dspy_ci.trials") / "inside" / "screening.py").read_bytes()
    run = replace(
        jury.run,
        per_test=max(0.2, (jury.run.per_test or 1.0) / 2),
        args=(*jury.run.args, "-s", "--tb=no", "-p", _NAME),
        ids=(*jury.targets, *jury.guards),
        timeout=seconds + 15.0,
    )
    report = copy.test(run, {f"{_NAME}.py": plugin, f"{_NAME}.json": json.dumps(job).encode()})
    said = dict(_lines(report.output, token))
    tried = (_trial(patch, said[number], jury) for number, (patch, _) in enumerate(pairs) if number in said)
    return {trial.patch.edits: trial for trial in tried if trial}


def _job(pairs: Sequence[tuple[Patch, list[object]]], jury: Jury, token: str, seconds: float) -> dict[str, object]:
    texts = {edit.path: patch.base.text(edit.path) for patch, _ in pairs for edit in patch.edits}
    return {
        "token": token,
        "files": texts,
        "versions": [version for _, version in pairs],
        "targets": jury.targets,
        "guards": jury.guards,
        "each": max(0.12, (jury.run.per_test or 1.0) / 3),
        "limit": jury.run.timeout / 2,
        "deadline": seconds,
    }


def version_of(patch: Patch) -> list[object] | None:
    """Per file its path, the lines of the changed functions, the edits; None when an edit lies outside of functions."""
    found: list[object] = []
    for path in sorted({edit.path for edit in patch.edits}):
        text, tree = patch.base.text(path), patch.base.tree(path)
        edits = [edit for edit in patch.edits if edit.path == path]
        if text is None or tree is None or any(edit.text is None for edit in edits):
            return None
        spans = spans_of(text)
        bodies = [(function, _body(function, spans)) for function in functions(path, tree)[:-1]]
        touched = [_holder(edit, bodies) for edit in edits]
        if None in touched:
            return None
        lines = sorted({(function.start, function.end) for function in touched if function})
        found.append([path, lines, [[edit.start, edit.end, edit.text] for edit in edits]])
    return found


def _holder(edit: Edit, bodies: Sequence[tuple[Function, tuple[int, int]]]) -> Function | None:
    return next((function for function, (start, end) in bodies if start <= edit.start and edit.end <= end), None)


def _body(function: Function, spans: Spans) -> tuple[int, int]:
    first = function.node.body[0]
    return spans.line_start(first.lineno), spans.line_start(function.end + 1)


def _lines(output: str, token: str) -> Iterator[tuple[int, list[str]]]:
    for line in output.splitlines():
        words = line.split()
        if len(words) == 4 and words[0] == token and words[1].isdigit():
            yield int(words[1]), words[2:]


def _trial(patch: Patch, said: list[str], jury: Jury) -> Trial | None:
    """Read digits, targets first; None when the version could not be tried."""
    digits, errors = said
    if digits == "?":
        return None
    fixed = frozenset(name for name, digit in zip(jury.targets, digits, strict=False) if digit == "1")
    lost = digits[len(jury.targets) :].count("0")
    changed = sum(error not in jury.errors.values() for error in errors.split(",")) if errors != "-" else 0
    return Trial(patch, fixed, gain(fixed, lost, len(jury.targets), changed if any(jury.errors.values()) else 0))
