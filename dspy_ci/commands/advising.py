"""Asking a model about a log, where one is set: its key points and its plan, or why it was of no help."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dspy_ci import settings
from dspy_ci.commands.modeloptions import root_of
from dspy_ci.commands.models import Model, model, trained
from dspy_ci.commands.reading import Reading
from dspy_ci.errors import UsageError
from dspy_ci.logs.extract import Extract
from dspy_ci.programs import context, plan
from dspy_ci.programs.program import Program, Said, said
from dspy_ci.programs.risks import risk
from dspy_ci.reports.advice import Advice
from dspy_ci.reports.brief import line
from dspy_ci.reports.words import helpless

_ROOTS = 8


def points(extract: Extract, options: Mapping[str, Any]) -> Advice | None:
    """What the model calls the key points of a log; None where no model is set."""
    fields = {"task": "say why the build is red", "logs_preview": extract.text}
    asked = _asked(context.PROGRAM, fields, options)
    if asked is None:
        return None
    found, answer = asked
    told = context.parse(answer.text)
    return Advice(found.shown or "", found.used(), told.summary, told.points, note=_note(answer))


def steps(reading: Reading, extract: Extract, options: Mapping[str, Any]) -> Advice | None:
    """What the model would do next about a log; None where no model is set."""
    causes = "\n".join(line(failure) for failure in reading.diagnosis.causes()[:_ROOTS])
    fields = {"task": "make the build green", "context": f"Root causes:\n{causes}\n\nFrom the log:\n{extract.text}"}
    asked = _asked(plan.PROGRAM, fields, options)
    if asked is None:
        return None
    found, answer = asked
    told = () if answer.trouble else plan.parse(answer.text)
    risks = {step.command: why for step in told if step.command and (why := risk(step.command))}
    return Advice(found.shown or "", found.used(), steps=told, risks=risks, note=_note(answer))


def _asked(program: Program, fields: Mapping[str, str], options: Mapping[str, Any]) -> tuple[Model, Said] | None:
    root = root_of(Path.cwd())
    chosen = settings.load(root, os.environ, **options)
    found = model(chosen)
    if not found:
        return None
    answer = said(program, fields, found.lm, instructions=_instructions(root, program), max_tokens=chosen.answer_tokens)
    return found, answer


def _instructions(root: Path, program: Program) -> str | None:
    """Trained ones; a broken file is no reason to leave a log unexplained."""
    try:
        return trained(root, program)
    except UsageError:
        return None


def _note(answer: Said) -> str | None:
    return helpless(answer.trouble) if answer.trouble else None
