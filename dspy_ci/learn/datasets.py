"""Cases as rows of the datasets for context, task, code, codegen and the orchestrator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from dspy_ci.failures.diagnosis import Diagnosis, diagnose
from dspy_ci.learn.case import Case
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.logs.tokens import tokens

Row = dict[str, Any]

_PREVIEW = 1200
"""Tokens of a log that a row carries."""
_STORY = 600
"""Characters of what a pull request said."""
_HINTED = 6
_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_NOISE = frozenset({
    "def", "return", "self", "for", "not", "and", "the", "None", "True", "False", "else", "elif", "with", "import",
    "from", "class", "raise", "pass", "while", "try", "except", "lambda", "yield",
})  # fmt: skip


def context_row(case: Case) -> Row:
    """What a reader of the log should take from it."""
    said = _diagnosis(case)
    return {
        "task": _task(case),
        "logs_preview": preview(case.log),
        "context_keywords": _unique([*_names(case.targets), *_errors(said)]),
        "key_points_keywords": _unique([*_errors(said), *map(_name, case.functions), *_modules(case)]),
    }


def task_row(case: Case) -> Row:
    """What a plan for the failure should name, and which commands."""
    commands = ["pytest", *_unique(name.split("::")[0] for name in case.targets)]
    if case.proposal.kind in {"lint", "types"}:
        commands = ["ruff" if case.proposal.kind == "lint" else "mypy"]
    return {
        "task": _task(case),
        "context": preview(case.log),
        "plan_keywords": _unique([*_modules(case), *map(_name, case.functions)]),
        "commands_keywords": commands[:_HINTED],
    }


def code_row(case: Case) -> Row:
    """What somebody who reads the code should find in it."""
    changed = [line[1:] for line in case.diff.splitlines() if line.startswith("-") and not line.startswith("---")]
    words = [word for line in changed for word in _WORD.findall(line) if word not in _NOISE]
    return {
        "snapshot": case.code,
        "ask": f"{_task(case)} Which part of this code is at fault, and why?",
        "keywords": _unique([*map(_name, case.functions), *words]),
    }


def codegen_row(case: Case) -> Row:
    """A change to be made; the metric applies it and runs the tests of the case."""
    return {"task": _task(case), "context": preview(case.log), "file_hints": ", ".join(case.proposal.paths)}


def orchestrator_row(case: Case) -> Row:
    """A question, and what a well chosen tool brings to light."""
    words = [*map(_name, case.functions), *(PurePosixPath(path).name for path in case.proposal.paths)]
    return {
        "query": f"find the code that makes {_first(case)} fail",
        "workspace": ".",
        "logs": f"logs/{log_name(case)}",
        "targets": _unique(words),
        "topic": _topic(case),
    }


ROWS: Mapping[str, Callable[[Case], Row]] = {
    "context": context_row, "task": task_row, "code": code_row, "codegen": codegen_row, "orch": orchestrator_row,
}  # fmt: skip
"""Dataset to how a case becomes a row of it."""
_LINTED = frozenset({"context", "task"})
"""What cases of linters and type checkers are good for."""


def rows(dataset: str, cases: Iterable[Case]) -> Iterable[Row]:
    """The rows of a dataset, each with where it comes from; a row that asks for nothing is left out."""
    for case in cases:
        if case.proposal.kind in {"lint", "types"} and dataset not in _LINTED:
            continue
        row = ROWS[dataset](case)
        if all(row[name] for name in row if name.endswith(("keywords", "targets", "snapshot"))):
            yield {**row, "provenance": provenance(case)}


def provenance(case: Case) -> Row:
    """Where a row comes from."""
    commit = case.proposal.commit
    return {"case": case.id, "kind": case.proposal.kind, "commit": commit.id, "time": commit.time}


def log_name(case: Case) -> str:
    """The file that holds the log of a case."""
    return f"{case.id.replace(':', '-')}.log"


def preview(log: str) -> str:
    """The end of a log, as much as a row may carry: test runners say last what matters."""
    lines: list[str] = []
    size = 0
    for line in reversed(log.splitlines()):
        size += tokens(line) + 1
        if size > _PREVIEW:
            break
        lines.append(line)
    return "\n".join(reversed(lines))


def _task(case: Case) -> str:
    kind = case.proposal.kind
    if kind in {"lint", "types"}:
        return f"Mend what the {'linter' if kind == 'lint' else 'type checker'} finds: {case.targets[0]}."
    more = f" and {len(case.targets) - 1} more" if len(case.targets) > 1 else ""
    subject = "" if case.proposal.planted else f" ({case.proposal.commit.subject})"
    return f"Make {_first(case)}{more} pass{subject}.{story(case)}"


def story(case: Case) -> str:
    """What the pull request said, in one paragraph."""
    told = " ".join(case.story.split())
    if not told:
        return ""
    return f" The pull request said: {told if len(told) <= _STORY else f'{told[: _STORY - 1]}…'}"


def _first(case: Case) -> str:
    return case.targets[0]


def _topic(case: Case) -> str:
    """The first folder that says something."""
    parts = [part for part in PurePosixPath(case.proposal.paths[0]).parts if part not in {"src", "lib", "."}]
    return parts[0].removesuffix(".py") if parts else "code"


def _diagnosis(case: Case) -> Diagnosis:
    return diagnose(pages_of([case.log.encode()]))


def _errors(said: Diagnosis) -> list[str]:
    return [failure.exception.rpartition(".")[2] for failure in said.causes() if failure.exception]


def _names(targets: Iterable[str]) -> list[str]:
    return [name.rpartition("::")[2].partition("[")[0] for name in targets if "::" in name]


def _name(function: str) -> str:
    return function.rpartition("::")[2].rpartition(".")[2]


def _modules(case: Case) -> list[str]:
    return [PurePosixPath(path).name for path in case.proposal.paths if path.endswith(".py")]


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))[:_HINTED]
