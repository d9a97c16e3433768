"""GEPA on one program: better instructions by reflection on graded answers, with every silent failure made loud."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from dspy_ci.errors import ModelError
from dspy_ci.learn.grade import VERSION
from dspy_ci.learn.pupil import Example, Pupil, TrainingError
from dspy_ci.learn.reflection import Reflection
from dspy_ci.learn.watch import Memo, Watched
from dspy_ci.ports.lm import LM
from dspy_ci.programs.bridge import dspy_lm
from dspy_ci.programs.program import adapter, answer, module
from dspy_ci.programs.vendor import dspy

AUTO = {"light": 6, "medium": 12, "heavy": 24}
"""How many times the validation set may be graded, beside the rounds of reflection."""
_ROUND = 6
"""Metric calls of a round of reflection: three examples before, three after."""
_STALL = 12
"""Rounds without a gain after which it is over."""
_PERFECT = 1.0


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be spent."""

    metric_calls: int
    seconds: float = 3600.0
    max_tokens: int = 2048
    """Of one answer."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Evolved:
    """What came of a training."""

    instructions: str
    base: float
    """Mean grade on the validation examples before."""
    new: float
    candidates: int
    metric_calls: int
    reflections: int
    refused: tuple[str, ...]
    """What the reflection model wrote, or did not, and could not be used."""
    asked: int
    failed: int
    remembered: int
    """Grades that were not worked out twice."""

    @property
    def better(self) -> bool:
        """Whether a candidate beat what we ship."""
        return self.new > self.base


def calls_of(auto: str, validation: int) -> int:
    """The metric calls of a level."""
    return AUTO[auto] * (validation + _ROUND)


def preflight(pupil: Pupil, task: LM, reflection: LM, max_tokens: int) -> None:
    """One question to each model, and full marks for every golden answer. Raises TrainingError, ModelError."""
    for example in (*pupil.parts["train"], *pupil.parts["validation"])[:: 1 if pupil.threads > 1 else 6]:
        grade = example.grade(example.gold)
        if grade.score < _PERFECT:
            raise TrainingError(f"the metric gives {example.id} {grade.score:g} for a right answer: {grade.feedback}")
    first = pupil.parts["train"][0]
    first.grade(answer(pupil.program, first.fields, task, max_tokens=max_tokens))
    trial = Reflection(reflection, max_tokens)
    trial.better(pupil.program.instructions, [{"Inputs": first.fields, "Generated Outputs": "", "Feedback": "Try."}])
    if trial.refused:
        raise TrainingError(f"there is no use in training: {trial.refused[0]}")


def evolved(pupil: Pupil, task: LM, reflection: LM, budget: Budget, folder: Path) -> Evolved:
    """Train the program. The folder is for what a stopped run needs to go on; each training gets its own in it.

    Raises ModelError when a model cannot be asked, TrainingError when going on would only burn the budget.
    """
    if not pupil.parts["train"] or not pupil.parts["validation"]:
        raise TrainingError("there are no examples to train on", hint="mine more: dspy-ci train mine --cases 120")
    preflight(pupil, task, reflection, budget.max_tokens)
    watched, memo = Watched(task), Memo()
    proposer = Reflection(Watched(reflection), budget.max_tokens)
    vendor = dspy()
    examples = {example.id: example for part in ("train", "validation") for example in pupil.parts[part]}
    stop = _Stop(watched, memo, proposer)
    teleprompter = vendor.GEPA(
        metric=_metric(examples, memo, pupil.program.output),
        max_metric_calls=budget.metric_calls,
        reflection_minibatch_size=3,
        instruction_proposer=proposer,
        add_format_failure_as_feedback=True,
        num_threads=pupil.threads,
        track_stats=True,
        log_dir=str(folder / key(pupil, task.name)),
        seed=budget.seed,
        gepa_kwargs={"stop_callbacks": [stop, *_stoppers(budget)]},
    )
    lm = dspy_lm(watched, max_tokens=budget.max_tokens)
    sets = [[_given(example, pupil) for example in pupil.parts[part]] for part in ("train", "validation")]
    with _quiet(), vendor.context(lm=lm, adapter=adapter(), callbacks=[], track_usage=False):
        optimised = teleprompter.compile(module(pupil.program), trainset=sets[0], valset=sets[1])
    if why := stop.why:
        raise TrainingError(f"the training was ended: {why}")
    return _result(optimised, watched, memo, proposer)


def _result(optimised: Any, watched: Watched, memo: Memo, proposer: Reflection) -> Evolved:
    details = optimised.detailed_results
    scores = [float(score) for score in details.val_aggregate_scores]
    best = max(range(len(scores)), key=lambda number: (scores[number], -number))
    instructions = str(details.candidates[best].predict.signature.instructions)
    return Evolved(
        instructions, scores[0], scores[best], len(scores), int(details.total_metric_calls or 0), proposer.asked,
        tuple(dict.fromkeys(proposer.refused)), watched.asked, watched.failed, memo.hits,
    )  # fmt: skip


def graded(pupil: Pupil, examples: Sequence[Example], instructions: str | None, lm: LM, max_tokens: int) -> list[float]:
    """The grades of the examples' answers; a question without an answer gets none. Raises ModelError at the fifth."""
    watched, memo, scores = Watched(lm), Memo(), []
    for example in examples:
        try:
            text = answer(pupil.program, example.fields, watched, instructions=instructions, max_tokens=max_tokens)
        except ModelError:
            if watched.trouble:
                raise
            scores.append(0.0)
            continue
        scores.append(memo.grade(example.id, text, example.grade).score)
    return scores


def key(pupil: Pupil, model: str) -> str:
    """What a half-done training belongs to: fields, first instructions, examples, metric, model."""
    data = [(part, example.id, sorted(example.fields.items())) for part, own in pupil.parts.items() for example in own]
    facts = [pupil.module, pupil.program.signature_hash, pupil.program.instructions, data, VERSION, model]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:20]


def dataset_hash(pupil: Pupil) -> str:
    """Which examples it were."""
    names = [(part, example.id) for part, own in pupil.parts.items() for example in own]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]


class _Stop:
    """Ends the training when something is wrong that GEPA would take for bad luck."""

    def __init__(self, watched: Watched, memo: Memo, proposer: Reflection) -> None:
        self._parts, self._proposer = (watched, memo), proposer

    @property
    def why(self) -> str | None:
        """What is wrong; None when nothing is."""
        return next((part.trouble for part in self._parts if part.trouble), None) or self._proposer.hopeless

    def __call__(self, state: Any) -> bool:
        del state
        return self.why is not None


def _stoppers(budget: Budget) -> list[Any]:
    from gepa.utils import (  # noqa: PLC0415 - comes with DSPy
        NoImprovementStopper,
        ScoreThresholdStopper,
        TimeoutStopCondition,
    )

    return [
        ScoreThresholdStopper(_PERFECT - 1e-9), NoImprovementStopper(_STALL), TimeoutStopCondition(budget.seconds),
    ]  # fmt: skip


def _metric(examples: dict[str, Example], memo: Memo, output: str) -> Any:
    def metric(gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None) -> Any:
        del trace, pred_name, pred_trace
        example = examples[gold.id]
        grade = memo.grade(example.id, str(getattr(pred, output, "") or ""), example.grade)
        return dspy().Prediction(score=grade.score, feedback=grade.feedback)

    return metric


def _given(example: Example, pupil: Pupil) -> Any:
    return dspy().Example(id=example.id, **example.fields).with_inputs(*pupil.program.inputs.keys() & example.fields)


@contextmanager
def _quiet() -> Iterator[None]:
    """GEPA and DSPy tell their story to the log; what matters of it we tell ourselves."""
    loggers = [logging.getLogger(name) for name in ("dspy", "gepa")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with redirect_stderr(StringIO()), redirect_stdout(StringIO()):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
