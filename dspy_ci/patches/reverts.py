"""The guilty parts of a change taken back: a source of last resort, and labelled as such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dspy_ci.causes.culprit import Culprits, Guilt
from dspy_ci.causes.hunk import Hunk
from dspy_ci.codebase.snapshot import Snapshot, decode
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.patches.pathrules import GUARDED, is_test

ORIGIN = "revert"


def reverts(code: Snapshot, found: Culprits) -> Iterator[Patch]:
    """All guilty lines taken back, the fewest first; nothing where that would touch tests or configuration."""
    sets = [guilt for guilt in found.guilts if not guilt.alternative]
    for parts in dict.fromkeys((_together(sets, finest=True), _together(sets, finest=False), _all(found))):
        edits = [_taken_back(code, hunk) for hunk in parts]
        if parts and all(edits) and not any(_is_guarded(hunk) for hunk in parts):
            yield _patch(code, [edit for edit in edits if edit], parts)


def _together(guilts: Sequence[Guilt], *, finest: bool) -> tuple[Hunk, ...]:
    return tuple(dict.fromkeys(
        hunk for guilt in guilts for hunk in ((guilt.statements if finest else ()) or guilt.hunks)
    ))  # fmt: skip


def _all(found: Culprits) -> tuple[Hunk, ...]:
    return tuple(dict.fromkeys(hunk for guilt in found.guilts for hunk in guilt.hunks))


def _is_guarded(hunk: Hunk) -> bool:
    return any(
        is_test(path) or any(rule.matches(path) for rule in GUARDED) for path in (hunk.before, hunk.after) if path
    )


def _taken_back(code: Snapshot, hunk: Hunk) -> Edit | None:
    """The lines as they were before the change; None for a renamed file, and where the file is another by now."""
    if hunk.kind == "remove" and hunk.before:
        return Edit(hunk.before, 0, 0, decode(b"".join(hunk.old)).text) if hunk.before not in code else None
    text = code.text(hunk.path)
    if text is None or hunk.kind == "rename":
        return None
    if hunk.kind == "add" and not hunk.new_start:
        return Edit(hunk.path, 0, len(text), None)
    lines = text.splitlines(keepends=True) if "\r" not in text else text.split("\n")
    if "\r" in text:
        lines = [f"{line}\n" for line in lines[:-1]] + lines[-1:]
    start = sum(map(len, lines[: hunk.new_start]))
    there = "".join(lines[hunk.new_start : hunk.new_start + len(hunk.new)])
    if there.encode("utf-8", "surrogateescape") != b"".join(hunk.new):
        return None
    was = b"".join(hunk.old).decode("utf-8", "surrogateescape")
    return Edit(hunk.path, start, start + len(there), was)


def _patch(code: Snapshot, edits: Sequence[Edit], parts: Sequence[Hunk]) -> Patch:
    places = ", ".join(f"{hunk.path}:{hunk.new_start + 1}" for hunk in parts[:3])
    more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""  # as many as a sentence holds
    why = f"Partial revert, the last resort: it takes back what this change did at {places}{more}, and repairs nothing."
    return Patch(code, tuple(sorted(edits)), ORIGIN, why, weight=0.1)
