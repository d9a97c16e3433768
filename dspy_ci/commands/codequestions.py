"""What `codectx` does, and `shell` with it: pick the code that a question is about, and ask `code` about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.codebase.excerpts import Spot, excerpt
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import UsageError
from dspy_ci.learn.tools import below, matches, whole_of
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.programs import code as explaining
from dspy_ci.programs.program import Said
from dspy_ci.reports.advice import Advice, advice_lines, advice_record
from dspy_ci.reports.styled import Styled

if TYPE_CHECKING:
    from dspy_ci.commands.advising import Adviser

_WHAT = "What does this code do, and how is it divided?"


def tell(path: str, ask: str, adviser: Adviser | None, *, json: bool) -> None:
    """Answer on standard output. Raises UsageError when there is no Python at that place."""
    repo = GitRepo(Path.cwd())
    place = os.path.relpath(Path.cwd() / path, repo.root).replace(os.sep, "/")
    answer = explained(Snapshot(repo.paths(), repo.read), place, ask, adviser)
    advice = adviser.advice(answer) if adviser else None
    text = explaining.parse(answer.text)
    if json:
        record = {"schema": "dspy-ci/codectx/1", "path": place, "ask": ask or None, "answer": text}
        show_json({**record, **(advice_record(advice) if advice else {})})
    else:
        show([*map(Styled, text.splitlines()), *_about(advice)])


def explained(code: Snapshot, place: str, ask: str, adviser: Adviser | None) -> Said:
    """The answer of the model, or the outline where there is none or it is of no help."""
    paths = below(code, place)
    if not paths:
        raise UsageError(f"there is no Python in {place}", hint="name a file or a folder of the repository")
    outline = explaining.PROGRAM.offline({"snapshot": whole_of(code, paths), "ask": ask})
    if adviser is None:
        return Said(outline)
    near = [Spot(match.path, match.line) for match in matches(code, paths, ask)]
    shown = excerpt(code, [*near, *(Spot(path, 0) for path in paths)], adviser.settings.prompt_tokens)
    clean = Redactor(secret_values(os.environ)).redact
    answer = adviser.asked(explaining.PROGRAM, {"snapshot": clean(shown), "ask": ask or _WHAT})
    return Said(outline, answer.trouble) if answer.trouble else answer


def _about(advice: Advice | None) -> list[Styled]:
    return list(advice_lines(advice)) if advice else []
