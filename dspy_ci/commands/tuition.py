"""What `train run|report|promote` do for the programs of a model: GEPA, an examination, a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from dspy_ci.adapters.casefiles import CaseFiles
from dspy_ci.adapters.crash import cache_home
from dspy_ci.commands.lessons import digest, mined
from dspy_ci.commands.mining import Field
from dspy_ci.commands.models import Model, model
from dspy_ci.errors import ModelError, UsageError
from dspy_ci.learn.evolution import Budget, Evolved, calls_of, dataset_hash, evolved, graded
from dspy_ci.learn.gain import gained
from dspy_ci.learn.grade import VERSION
from dspy_ci.learn.pupil import Module, Pupil, pupil
from dspy_ci.learn.splitting import split
from dspy_ci.programs.program import Program
from dspy_ci.programs.stored import Stored, path_of, read
from dspy_ci.programs.table import program
from dspy_ci.programs.vendor import dspy

_SURE = 0.8
"""So sure must the gain be, by drawing the held-out cases anew."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much may be spent on a training."""

    auto: str = "light"
    metric_calls: int | None = None
    seconds: float = 3600.0
    reflection: str | None = None
    """Another model to reflect with; the same one when None."""


def run(found: Field, files: CaseFiles, module: str, effort: Effort) -> dict[str, Any]:
    """Train a program on the training cases, and keep the outcome beside the datasets."""
    task = _model(found, module)
    reflection = _model(_with_model(found, effort.reflection), module) if effort.reflection else task
    with _pupil(found, files, module) as learner:
        calls = effort.metric_calls or calls_of(effort.auto, len(learner.parts["validation"]))
        budget = Budget(calls, effort.seconds, found.chosen.answer_tokens, found.chosen.seed)
        outcome = evolved(learner, task.lm, reflection.lm, budget, cache_home() / "gepa")
        stored = _stored(learner.program, outcome, dataset_hash(learner))
    record = {
        "schema": "dspy-ci/train-run/1", "module": module, "program": stored.program, "calls": calls,
        "better": outcome.better, **asdict(outcome), "usage": asdict(task.used()),
        "validation": {"before": round(outcome.base, 4), "after": round(outcome.new, 4)},
    }  # fmt: skip
    files.write_text(f"runs/{module}.stats.json", json.dumps(record, indent=1) + "\n")
    if outcome.better:
        files.write_text(_candidate(module), stored.as_json())
        record["candidate"] = str(files.folder / _candidate(module))
    else:
        (files.folder / _candidate(module)).unlink(missing_ok=True)
    return record


def report(found: Field, files: CaseFiles, module: str) -> dict[str, Any]:
    """The held-out cases, answered with the shipped instructions and with the trained ones."""
    text = candidate(files, module)
    stored, task = read(text, program(module)), _model(found, module)
    with _pupil(found, files, module) as learner:
        held = learner.parts["heldout"]
        if not held:
            raise UsageError("nothing was held out", hint="mine more: --cases 120")
        tokens = found.chosen.answer_tokens
        before = graded(learner, held, None, task.lm, tokens)
        after = graded(learner, held, stored.instructions, task.lm, tokens)
    gain = gained(before, after, less=False)
    record = {
        "schema": "dspy-ci/train-report/1", "module": module, "candidate": digest(text), "measure": "mean grade",
        "less_is_better": False, "heldout": asdict(gain), "better": gain.after > gain.before and gain.sure >= _SURE,
        "grades": [{"case": one.id, "before": old, "after": new}
                   for one, old, new in zip(held, before, after, strict=True)],
        "model": task.shown, "usage": asdict(task.used()),
    }  # fmt: skip
    files.write_text(f"reports/{module}.json", json.dumps(record, indent=1) + "\n")
    return record


def promotable(files: CaseFiles, module: str, record: Mapping[str, Any]) -> tuple[str, str]:
    """Path and text of what is promoted, the held-out grade written into it."""
    stored = read(candidate(files, module), program(module))
    scores = {**stored.scores, "heldout": round(float(record["heldout"]["after"]), 4)}
    return path_of(stored.program), replace(stored, scores=scores).as_json()


def candidate(files: CaseFiles, module: str) -> str:
    """What `train run` has left. Raises UsageError when there is nothing, or nothing of ours."""
    try:
        return (files.folder / _candidate(module)).read_text(encoding="utf-8")
    except OSError:
        raise UsageError(
            f"nothing better was learnt for {module} yet", hint=f"run `dspy-ci train run --module {module}` first"
        ) from None


def _candidate(module: str) -> str:
    return f"runs/{module}.json"


def _model(found: Field, module: str) -> Model:
    chosen = model(found.chosen, needed=True)
    if not chosen:
        raise ModelError("offline", f"{module} is trained with a model, and none is set: {chosen.why}",
                         hint="name one with --model, or train --module priors, which needs none")  # fmt: skip
    return chosen


def _with_model(found: Field, name: str | None) -> Field:
    return replace(found, chosen=replace(found.chosen, model=name))


@contextmanager
def _pupil(found: Field, files: CaseFiles, module: str) -> Iterator[Pupil]:
    with found.sandbox.open() as copy:
        yield pupil(cast("Module", module), split(mined(files)), found.bench, copy)


def _stored(kind: Program, outcome: Evolved, dataset: str) -> Stored:
    scores = {"base": round(outcome.base, 4), "new": round(outcome.new, 4), "heldout": None}
    return Stored(
        kind.name, outcome.instructions, kind.signature_hash, str(dspy().__version__), VERSION, scores, dataset
    )
