"""A `type: ignore` that the type checker no longer needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspy_ci.codebase.spans import Spans
from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers.site import said
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.suspects.evidence import Evidence

NAME = "unused-ignore"

_COMMENT = re.compile(r"[ \t]*#\s*(?:type|pyright):\s*ignore(?:\[[^\]]*\])?(?=[ \t]*(?:#|$))")


def fixes(failure: Failure, evidence: Evidence) -> Iterator[Patch]:
    """The comment taken away; nothing where it silences something else as well."""
    if not said(failure, r"(?i)(?:unused|unnecessary) [\"']?#? ?(?:type|pyright): ?ignore(?!.*narrower)"):
        return
    text = evidence.snapshot.text(failure.file or "")
    if text is None or not failure.line or failure.line > text.count("\n") + 1:
        return
    start = Spans(text).line_start(failure.line)
    line = text[start:].split("\n", 1)[0].rstrip("\r")
    comments = list(_COMMENT.finditer(line))
    if len(comments) == 1 and not _is_partial(failure, comments[0][0]):
        edit = Edit(failure.file or "", start + comments[0].start(), start + comments[0].end(), "")
        why = "The type checker has nothing to ignore here."
        yield Patch(evidence.snapshot, (edit,), f"fixer:{NAME}", why, safe=True, weight=0.98)


def _is_partial(failure: Failure, comment: str) -> bool:
    """Whether the comment names more rules than the checker calls unused."""
    unused = said(failure, r"ignore\[([\w, -]+)\]")
    named = re.search(r"\[([^\]]*)\]", comment)
    return (
        bool(unused and named) and len(unused[1].split(",")) < len(named[1].split(",")) if unused and named else False
    )
