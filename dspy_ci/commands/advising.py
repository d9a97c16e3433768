"""Asking a model about a log, where one is set: its key points and its plan, or why it was of no help."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
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
from dspy_ci.settings import Settings

_ROOTS = 8


@dataclass(frozen=True, slots=True)
class Adviser:
    """The model of one run, whose limits hold for all logs together."""

    root: Path
    settings: Settings
    model: Model

    def points(self, extract: Extract) -> Advice:
        """What the model calls the key points of a log, or what the rules do where it is of no help."""
        answer = self.asked(context.PROGRAM, {"task": "say why the build is red", "logs_preview": extract.text})
        told = context.parse(answer.text)
        return self.advice(answer, summary=told.summary, points=told.points)

    def steps(self, reading: Reading, extract: Extract) -> Advice:
        """What the model would do next about a log; no steps where it is of no help."""
        causes = "\n".join(line(failure) for failure in reading.diagnosis.causes()[:_ROOTS])
        known = f"Root causes:\n{causes}\n\nFrom the log:\n{extract.text}"
        answer = self.asked(plan.PROGRAM, {"task": "make the build green", "context": known})
        told = () if answer.trouble else plan.parse(answer.text)
        risks = {step.command: why for step in told if step.command and (why := risk(step.command))}
        return self.advice(answer, steps=told, risks=risks)

    def asked(self, program: Program, fields: Mapping[str, str]) -> Said:
        """What a program says, told what was trained for it; its twin where the model is of no help."""
        instructions = _instructions(self.root, program)
        return said(program, fields, self.model.lm, instructions=instructions, max_tokens=self.settings.answer_tokens)

    def advice(self, answer: Said, **found: Any) -> Advice:
        """The answer with who gave it, what that cost, and why it was of no help."""
        note = helpless(answer.trouble) if answer.trouble else None
        return Advice(self.model.shown or "none", self.model.used(), note=note, **found)


def adviser(options: Mapping[str, Any]) -> Adviser:
    """The adviser of the settings. Raises UsageError for settings that make no sense."""
    root = root_of(Path.cwd())
    chosen = settings.load(root, os.environ, **options)
    return Adviser(root, chosen, model(chosen))


def _instructions(root: Path, program: Program) -> str | None:
    """Trained ones; a broken file is no reason to leave a log unexplained."""
    try:
        return trained(root, program)
    except UsageError:
        return None
