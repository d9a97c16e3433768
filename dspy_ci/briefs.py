"""What an author is told about a red run: the tests, what they print, and the code that they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from dspy_ci.codebase.excerpts import Spot, excerpt
from dspy_ci.codebase.functions import functions
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.logs.tokens import tokens
from dspy_ci.ports.author import Brief
from dspy_ci.ports.sandbox import TestReport
from dspy_ci.suspects.evidence import Evidence, is_test
from dspy_ci.suspects.suspect import Suspect

_TESTS = 4
"""Failing tests that are shown; mending these mostly mends the others."""
_NAMED = 8
_PRINTED = 40
"""Last lines of what a test printed."""


def mending(
    evidence: Evidence, suspects: Sequence[Suspect], report: TestReport, *, budget: int,
    clean: Callable[[str], str] = str,
) -> Brief:  # fmt: skip
    """The brief for making red tests green, within about so many tokens."""
    red = sorted(evidence.red)
    named = ", ".join(red[:_NAMED]) + (f" and {len(red) - _NAMED} more" if len(red) > _NAMED else "")
    task = f"Make these failing tests pass by correcting the code, not the tests: {named}"
    messages = {name: report.results[name].message if name in report.results else "" for name in red}
    context = told(messages, evidence.snapshot, budget // 3)
    code = excerpt(evidence.snapshot, spots(evidence, suspects), budget - tokens(context))
    return Brief(task, clean(context), clean(code))


def told(messages: Mapping[str, str], code: Snapshot, budget: int) -> str:
    """What failing tests print and how they are written, the first ones first, within so many tokens."""
    parts, left = [], budget
    for name, message in list(messages.items())[:_TESTS]:
        for part in (f"FAILED {name}\n{_last(message)}\n", source_of(name, code)):
            cost = tokens(part)
            if part and cost <= left:
                parts.append(part)
                left -= cost
    return "\n".join(parts)


def source_of(test: str, code: Snapshot) -> str:
    """The text of a test function; empty when it is not found."""
    path, _, inside = test.partition("::")
    name = inside.partition("[")[0].replace("::", ".")
    tree, text = code.tree(path), code.text(path)
    found = next((part for part in functions(path, tree) if name and part.name == name), None) if tree else None
    if found is None or text is None:
        return ""
    lines = "\n".join(text.splitlines()[found.start - 1 : found.end])
    return f"The test, in {path}:\n{lines}\n"


def spots(evidence: Evidence, suspects: Sequence[Suspect]) -> Iterator[Spot]:
    """Where the cause may be, most suspect first: suspects, frames of the failures, files that red tests run."""
    for suspect in suspects:
        yield Spot(suspect.file, suspect.start)
    for failure in evidence.failures:
        for frame in reversed(failure.frames):
            if frame.in_repo and not is_test(frame.file) and frame.file in evidence.snapshot:
                yield Spot(frame.file, frame.line or 0)
    run = {path for name in evidence.red for path in evidence.lines.get(name, ())}
    for path in sorted(run):
        if not is_test(path) and path in evidence.snapshot:
            yield Spot(path, 0)


def _last(message: str) -> str:
    return "\n".join(message.strip().splitlines()[-_PRINTED:])
