"""`edit`: from a task, its context and the code to a change of the code: search/replace blocks or whole functions."""

from __future__ import annotations

import re

from dspy_ci.codebase.excerpts import files
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.patches.fixers.table import fixes
from dspy_ci.patches.patch import Patch
from dspy_ci.programs.context import read
from dspy_ci.programs.marking import NOTE
from dspy_ci.programs.program import Fields, Program
from dspy_ci.suspects.evidence import Evidence

NOTHING = "No change is proposed: no rule knows a cure for this."
"""What the twin says when it has no answer."""
_CODE = re.compile(r"^\s*(?:<{5,9}|```|~~~|---\s|diff --git|@@ )", re.MULTILINE)
_HEADING = re.compile(r"^\s*(?:#+\s*|\**)(?:rationale|explanation|reason|edits?)\**\s*:?\**\s*", re.IGNORECASE)
_PATH = re.compile(r"^\s*[`*]*(?:file:\s*)?[\w./-]+\.\w+[`*:]*\s*$", re.IGNORECASE)
_LONGEST = 300


def rationale(text: str) -> str:
    """Why the change is right, as the answer says before its first block; one line, without what is not prose."""
    first = _CODE.search(text)
    prose = text[: first.start()] if first else text
    lines = [_HEADING.sub("", line).strip() for line in prose.splitlines() if not _PATH.match(line)]
    said = "".join(char for char in " ".join(line for line in lines if line) if char.isprintable())
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 3].rstrip()}..."


def written(patch: Patch) -> str:
    """A patch in the form that the program writes."""
    parts = [patch.rationale, ""]
    for path, after in patch.sources.items():
        before = (patch.base.text(path) or "").splitlines()
        parts += [path, "<<<<<<< SEARCH", *before, "=======", *(after.text if after else "").splitlines()]
        parts += [">>>>>>> REPLACE", ""]
    return "\n".join(parts)


def _offline(fields: Fields) -> str:
    code = Snapshot.of(files(fields.get("code", "")))
    failures = read(fields.get("context", "")).open
    red = frozenset(failure.test_id for failure in failures if failure.test_id)
    patch = next(iter(fixes(Evidence(code, failures, red=red))), None)
    return written(patch) if patch else NOTHING


PROGRAM = Program(
    name="edit",
    instructions=(
        "You change code so that the task is done and nothing else is different. Find the cause, then make the "
        "smallest correct change at the cause: it must be right for every input, not only for those of the tests. "
        "Never edit tests, configuration or CI files, never special-case the values of a test, never hide an error or "
        "end the process. If feedback is given, it says why the answers before this one were refused: do better."
    ),
    inputs={
        "task": "what is to be done",
        "context": f"what is known: failing tests and what they print. {NOTE}",
        "code": f"files of the project, each under a line `=== path ===`. {NOTE}",
        "feedback": f"what was wrong with earlier answers; empty at first. {NOTE}",
    },
    output="edits",
    says=(
        "one or two sentences that say why, then the change. For each place write the path of the file alone on a "
        "line, then a block of exactly this form, whose first half is copied from the code line by line:\n"
        "<<<<<<< SEARCH\nlines as they are\n=======\nlines as they shall be\n>>>>>>> REPLACE\n"
        "Or write the path on a line and below it a fence with one whole new version of each function that changes. "
        "Never write a diff, never leave lines out with dots"
    ),
    offline=_offline,
)
