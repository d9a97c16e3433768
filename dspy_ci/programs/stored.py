"""A trained program as a file: plain JSON that says what it is for and what it has shown, read with suspicion."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dspy_ci.errors import UsageError
from dspy_ci.programs.program import PREDICTOR, Program

SCHEMA = "dspy-ci/program/1"
FOLDER = ".dspy-ci/programs"
"""In the repository; one file per program, `NAME.json`."""
_KEYS = frozenset({
    "schema", "program", "predictor", "instructions", "signature_hash", "dspy", "metric", "scores", "dataset_hash",
})  # fmt: skip
_SCORES = ("base", "new", "heldout")
_LONGEST = 20_000
"""Characters of instructions: what is longer was not written by training."""
_LEFTOVER = re.compile(r"\{\w+\}|\[\[ *## ")
"""What a broken training leaves behind: a hole of a template, a mark of a prompt."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Instructions that were trained, and their record."""

    program: str
    instructions: str
    signature_hash: str
    dspy: str
    """The version that trained it."""
    metric: str
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """`base` and `new` on the validation set, `heldout` on what training never saw."""
    dataset_hash: str = ""

    def as_json(self) -> str:
        """The file; reading it and writing it again gives the same bytes."""
        record = {
            "schema": SCHEMA,
            "program": self.program,
            "predictor": PREDICTOR,
            "instructions": self.instructions,
            "signature_hash": self.signature_hash,
            "dspy": self.dspy,
            "metric": self.metric,
            "scores": {name: self.scores.get(name) for name in _SCORES},
            "dataset_hash": self.dataset_hash,
        }
        return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def path_of(name: str) -> str:
    """Where the file of a program lies in a repository."""
    return f"{FOLDER}/{name}.json"


def read(text: str, program: Program) -> Stored:
    """The stored program. Raises UsageError with a sentence for whatever is not exactly as we write it."""
    record = _record(text, path_of(program.name))
    where = path_of(program.name)
    if record["schema"] != SCHEMA:
        raise UsageError(f"{where} has the schema {record['schema']!r}, and this version reads {SCHEMA}")
    if record["program"] != program.name or record["predictor"] != PREDICTOR:
        raise UsageError(f"{where} is not for the program {program.name}")
    for name in _KEYS - {"scores"}:
        if not isinstance(record[name], str):
            raise UsageError(f"{where}: {name} is no text")
    if record["signature_hash"] != program.signature_hash:
        raise UsageError(
            f"{where} was trained for other fields than {program.name} has now",
            hint="train it again: dspy-ci train run",
        )
    if problem := unfit(record["instructions"]):
        raise UsageError(f"{where}: {problem}")
    return Stored(
        program.name, record["instructions"], record["signature_hash"], record["dspy"], record["metric"],
        _scores(record["scores"], where), record["dataset_hash"],
    )  # fmt: skip


def unfit(instructions: str) -> str | None:
    """Why a text cannot be the instructions of a program; None when it can."""
    if not instructions.strip():
        return "the instructions are empty"
    if len(instructions) > _LONGEST:
        return f"the instructions are longer than {_LONGEST} characters"
    if found := _LEFTOVER.search(instructions):
        return f"the instructions hold a leftover of their training: {found[0]}"
    return None


def _record(text: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where} is no JSON: {error}") from None
    if not isinstance(record, dict):
        raise UsageError(f"{where} is no JSON object")
    if odd := sorted(_KEYS.symmetric_difference(record)):
        raise UsageError(f"{where} should hold exactly {', '.join(sorted(_KEYS))}; see {', '.join(map(str, odd))}")
    return record


def _scores(record: Any, where: str) -> Mapping[str, float | None]:
    fine = isinstance(record, dict) and set(record) == set(_SCORES)
    if not fine or not all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1)
        for value in record.values()
    ):
        raise UsageError(f"{where}: scores should hold {', '.join(_SCORES)}, each from 0 to 1 or null")
    return dict(record)
