"""What one program is trained on: its examples, how an answer is graded, and an answer that deserves full marks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Literal

from dspy_ci.codebase.excerpts import Spot, excerpt
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.errors import MissingError
from dspy_ci.learn.case import Case
from dspy_ci.learn.datasets import ROWS, rows
from dspy_ci.learn.grade import Grade, Row, code_grade, context_grade, orchestrator_grade, task_grade
from dspy_ci.learn.proposal import state
from dspy_ci.learn.proving import Bench
from dspy_ci.learn.scene import RedRepo, Scene, laid, scene
from dspy_ci.learn.splitting import PARTS, Part
from dspy_ci.patches.applier import Unapplied, applied
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.ports.sandbox import Copy
from dspy_ci.programs import orchestrate
from dspy_ci.programs.edit import written
from dspy_ci.programs.program import Fields, Program
from dspy_ci.programs.table import program
from dspy_ci.verdicts.judge import judge
from dspy_ci.verdicts.score import Score, cleanliness
from dspy_ci.verdicts.verdict import Verdict


class TrainingError(MissingError):
    """The training was ended, or its result is worth nothing; the sentence says why."""


Module = Literal["context", "task", "code", "codegen", "orchestrator"]
_TAIL = 500
_CODE = 3000
"""Tokens of code that a change is asked for with."""
_JUDGED: Mapping[Part, int] = {"train": 16, "validation": 8, "heldout": 12}
"""Examples whose every answer is judged in the sandbox: seconds each, not milliseconds."""
_NOT_PROVED = 0.5
"""The most that a change may score which is no cure."""


@dataclass(frozen=True)
class Example:
    """One thing to be done, and what is known about how it should be done."""

    id: str
    fields: Fields
    row: Row
    grade: Callable[[str], Grade] = field(compare=False)
    gold: str = ""
    """An answer that deserves full marks: if it does not get them, the metric is wrong."""


@dataclass(frozen=True)
class Pupil:
    """A program with its examples."""

    module: Module
    program: Program
    parts: Mapping[Part, tuple[Example, ...]]
    threads: int = 4


def pupil(module: Module, split: Mapping[Part, Sequence[Case]], bench: Bench, copy: Copy) -> Pupil:
    """The program of the module with examples from the cases."""
    dataset = "orch" if module == "orchestrator" else module
    makers = {"codegen": _codegen, "orchestrator": _orchestrated}
    make = makers.get(module)
    parts: dict[Part, tuple[Example, ...]] = {}
    for part in PARTS:
        known = {case.id: case for case in split[part]}
        found = ((known[row["provenance"]["case"]], row) for row in rows(dataset, split[part]))
        made = (make(case, row, bench, copy) if make else _plain(module, case, row) for case, row in found)
        usable = (example for example in made if example)
        parts[part] = tuple(islice(usable, _JUDGED[part]) if module == "codegen" else usable)
    assert dataset in ROWS  # noqa: S101 - the two tables name the same things
    return Pupil(module, program(module), parts, threads=1 if module == "codegen" else 4)


def _plain(module: str, case: Case, row: Row) -> Example:
    """Examples that are graded by what the answer says."""
    if module == "context":
        words = [*row["context_keywords"], *row["key_points_keywords"]]
        fields = {"task": row["task"], "logs_preview": row["logs_preview"]}
        points = [*words[:7], *([" ".join(words[7:])] if words[7:] else [])]  # no answer has more than eight
        gold = "\n".join([f"Summary: {row['task']}", *(f"- {point}" for point in points)])
        return Example(case.id, fields, row, lambda text: context_grade(row, text), gold)
    if module == "task":
        fields = {"task": row["task"], "context": row["context"]}
        gold = f"1. Look at {', '.join(row['plan_keywords'])}\n$ {' '.join(row['commands_keywords'])}"
        return Example(case.id, fields, row, lambda text: task_grade(row, text), gold)
    fields = {"snapshot": row["snapshot"], "ask": row["ask"]}
    return Example(case.id, fields, row, lambda text: code_grade(row, text), ", ".join(row["keywords"]))


def _orchestrated(case: Case, row: Row, bench: Bench, copy: Copy) -> Example:
    del copy
    code = red_code(case, bench)
    fields = {"query": row["query"], "state": f"topic={row['topic']} workspace={row['workspace']} logs={row['logs']}"}
    path, _, symbol = case.functions[0].partition("::") if case.functions else (case.proposal.paths[0], "", "")
    best = orchestrate.Action("extract", {"file": path, **({"symbol": symbol} if symbol else {})})
    wide = orchestrate.Action("grep", {"pattern": "|".join(word.rpartition(".")[0] or word for word in row["targets"])})
    golds = [orchestrate.written(action) for action in (best, wide)]
    gold = max(golds, key=lambda text: orchestrator_grade(row, text, code, case.log).score)
    return Example(case.id, fields, row, lambda text: orchestrator_grade(row, text, code, case.log), gold)


def red_code(case: Case, bench: Bench) -> Snapshot:
    """The code of the red tree."""
    trees = state(case.proposal, bench.history)
    repo = RedRepo(bench.history, case.proposal.base, laid(case, trees), bench.history.root)
    return Snapshot(repo.paths(), repo.read)


def _codegen(case: Case, row: Row, bench: Bench, copy: Copy) -> Example | None:
    """A change that is applied and judged; None when the fix is not one of code alone."""
    if not all(path.endswith(".py") for path in case.proposal.paths):
        return None
    code, cure = red_code(case, bench), state(case.proposal, bench.history).fix
    spots = [Spot(path, 0) for path in case.proposal.paths if path in code]
    fields = {"task": row["task"], "context": row["context"], "code": bench.clean(excerpt(code, spots, _CODE))}
    edits = tuple(
        Edit(path, 0, len(code.text(path) or ""), None if data is None else data.decode("utf-8", "replace"))
        for path, data in cure.items()
    )
    gold = written(Patch(code, edits, "gold", "What people did."))
    return Example(case.id, fields, row, _Court(case, bench, copy).grade, gold)


class _Court:
    """Judges the changes of one case; one at a time, for the copy serves one at a time."""

    _LOCK = threading.Lock()

    def __init__(self, case: Case, bench: Bench, copy: Copy) -> None:
        self._case, self._bench, self._copy = case, bench, copy

    @cached_property
    def _scene(self) -> Scene | None:
        """The case, reproduced when the first change comes."""
        with ExitStack() as stack:
            return stack.enter_context(scene(self._case, self._bench, self._copy))

    def grade(self, text: str) -> Grade:
        """Whether the change can be located, and what it does to the tests."""
        with self._LOCK:
            found = self._scene
            if found is None:
                raise TrainingError(f"{self._case.id} is red no more", hint="mine again: dspy-ci train mine --fresh")
            patch = applied(text, found.search.evidence.snapshot, origin="model", rationale="A model's.")
            if isinstance(patch, Unapplied):
                return Grade(0.0, f"Not taken over: {patch.sentence}.")
            verdict = judge(patch, found.baseline, found.copy)
            if verdict.verified:
                return Grade(1.0, f"Verified: {verdict.reason}.")
            return Grade(min(_NOT_PROVED, _part(verdict)), f"Refused: {verdict.reason}.\n{self._printed(patch, found)}")

    def _printed(self, patch: Patch, found: Scene) -> str:
        """The end of what the tests print with the patch."""
        run = replace(found.search.run, ids=tuple(sorted(found.search.evidence.red)))
        report = found.copy.test(run, patch.files)
        return self._bench.clean(report.output[-_TAIL:])


def _part(verdict: Verdict) -> float:
    """The composite metric of a change that is no cure: targets, types, lint."""
    wanted = len(verdict.tests.fixed) + len(verdict.tests.still_red)
    tests = len(verdict.tests.fixed) / wanted if wanted else 0.0
    parts = {
        "tests": 0.0 if verdict.tests.lost else tests,
        "types": cleanliness(len(verdict.types.new)) if verdict.types else None,
        "lint": cleanliness(len(verdict.lint.new)) if verdict.lint else None,
    }
    return Score(parts).value * (1.0 if tests else 0.5)
