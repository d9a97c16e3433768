"""Whether a patch goes around code instead of mending it: lines that passing tests ran, and that nothing runs any more.

Who sorts the list before the loop that should sort it, or returns before the calculation, satisfies the tests; the
code that was wrong is still there, and idle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dspy_ci.codebase.functions import function_at, functions
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import Copy
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.trials.jury import Jury

_MOST = 40
"""So many passing tests are run again at the most."""

Lines = Mapping[str, frozenset[int]]


def bypassed(patch: Patch, evidence: Evidence, jury: Jury, copy: Copy) -> tuple[tuple[str, int], ...]:
    """Path and line of what only idles with the patch, in the functions that it changes; lines of the base.

    Passing tests are those that were traced on the base. Nothing is said where nothing could be traced.
    """
    paths = {edit.path for edit in patch.edits}
    near = [name for name in jury.guards if not paths.isdisjoint(evidence.lines.get(name, ()))][:_MOST]
    before = _run(near, evidence.lines, paths)
    ours = {path: lines for path in sorted(paths) if (lines := _touched(patch, path) & before[path])}
    if not ours:
        return ()
    report = copy.test(replace(jury.run, ids=(*jury.targets, *near), trace=True), patch.files)
    after = _run(list(report.lines), report.lines, paths)
    if report.problem or not any(after.values()):
        return ()
    return tuple(
        (path, line)
        for path, lines in ours.items()
        for line in sorted(lines)
        if _moved(patch, path, line) not in after[path]
    )


def _run(names: Sequence[str], lines: Mapping[str, Lines], paths: set[str]) -> dict[str, frozenset[int]]:
    """What the tests ran of each file."""
    return {path: frozenset().union(*(lines[name].get(path, frozenset()) for name in names)) for path in paths}


def _touched(patch: Patch, path: str) -> frozenset[int]:
    """The lines of the changed functions that the patch itself leaves as they are."""
    tree, text = patch.base.tree(path), patch.base.text(path)
    if tree is None or text is None:
        return frozenset()
    known, found = functions(path, tree), set[int]()
    edited = {line for edit in _edits(patch, path) for line in _span(text, edit)}
    for line in edited:
        function = function_at(known, line)
        if function and function.name:
            found.update(range(function.start, function.end + 1))
    return frozenset(found - edited)


def _moved(patch: Patch, path: str, line: int) -> int:
    """Where a line of the base stands in the patched file."""
    text = patch.base.text(path) or ""
    return line + sum(
        (edit.text or "").count("\n") - text.count("\n", edit.start, edit.end)
        for edit in _edits(patch, path)
        if _span(text, edit).stop <= line or (edit.start == edit.end and _span(text, edit).start <= line)
    )


def _edits(patch: Patch, path: str) -> list[Edit]:
    return [edit for edit in patch.edits if edit.path == path]


def _span(text: str, edit: Edit) -> range:
    """The lines that an edit changes; none where it only puts whole lines in."""
    first = text.count("\n", 0, edit.start) + 1
    if edit.start == edit.end and (edit.text or "").endswith("\n"):
        return range(first, first)
    return range(first, text.count("\n", 0, max(edit.end - 1, edit.start)) + 2)
