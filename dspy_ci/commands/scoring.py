"""What `score` does: measure the tree in a sandbox, and judge a patch if there is one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_ci import settings
from dspy_ci.adapters import testcommands
from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.commands.checkers import checks
from dspy_ci.commands.isolation import sandbox_for
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import ExitCode, UsageError
from dspy_ci.patches.applier import Unapplied, applied
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Guarantees
from dspy_ci.reports.records import verdict_record
from dspy_ci.reports.styled import Styled
from dspy_ci.verdicts.baseline import Baseline, measure
from dspy_ci.verdicts.check import Findings
from dspy_ci.verdicts.judge import judge
from dspy_ci.verdicts.runners import trial_of
from dspy_ci.verdicts.score import WEIGHTS, Score
from dspy_ci.verdicts.scoring import scored
from dspy_ci.verdicts.verdict import Verdict

_LONGEST = 2 << 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What to score and how to answer."""

    patch: str | None
    json: bool


def score(folder: Path, wish: Wish, **options: object) -> int:
    """Score the repository around the folder, or a patch to it; the exit code."""
    repo = GitRepo(folder)
    root = Path(repo.root)
    wanted = settings.load(root, os.environ, **options)
    command = testcommands.find(root, os.environ, wanted.test_cmd)
    code = Snapshot(repo.paths(), repo.read)
    patch = _patch(wish.patch, code) if wish.patch else None
    sandbox = sandbox_for(repo.root, wanted, "file" if patch else "own", quiet=patch is None)
    with sandbox.open() as copy:
        baseline = measure(copy, trial_of(command, wanted.test_timeout), checks(code, command, wanted))
        if patch:
            verdict = judge(patch, baseline, copy, tier=sandbox.tier, commit=repo.head())
            return _tell_patch(verdict, wish, sandbox.guarantees)
    return _tell_tree(baseline, scored(baseline, code), wish, sandbox.guarantees)


def _patch(name: str, code: Snapshot) -> Patch:
    try:
        data = sys.stdin.buffer.read(_LONGEST) if name == "-" else Path(name).read_bytes()[:_LONGEST]
    except OSError as error:
        raise UsageError(f"cannot read {name}: {(error.strerror or str(error)).lower()}") from error
    patch = applied(
        data.decode("utf-8", "surrogateescape"), code, origin="user", rationale="Given on the command line."
    )
    if isinstance(patch, Unapplied):
        raise UsageError(f"the patch does not apply: {patch.sentence}")
    return patch


def _tell_tree(baseline: Baseline, result: Score, wish: Wish, guarantees: Guarantees) -> int:
    if wish.json:
        checks = [_check_record(findings) for findings in baseline.findings.values()]
        show_json({**_record(result, guarantees), "checks": checks, "problem": baseline.problem})
    else:
        show(_text(result, guarantees))
        show(Styled(f"  red: {name}", "bad") for name in sorted(baseline.targets))
        if baseline.problem:
            show([Styled(f"  {baseline.problem}", "bad")])
        show(Styled(f"  {findings.note}", "faint") for findings in baseline.findings.values() if findings.note)
    return ExitCode.SUCCESS if result.value == 1.0 and not baseline.problem else ExitCode.RED


def _tell_patch(verdict: Verdict, wish: Wish, guarantees: Guarantees) -> int:
    result = Score(verdict.parts)
    if wish.json:
        show_json({**_record(result, guarantees), "verdict": verdict_record(verdict)})
    else:
        show(_text(result, guarantees))
        show([Styled(f"{verdict.state.value}: {verdict.reason}", "good" if verdict.verified else "bad")])
    return ExitCode.SUCCESS if verdict.verified else ExitCode.RED


def _record(result: Score, guarantees: Guarantees) -> dict[str, Any]:
    return {
        "schema": "dspy-ci/score/1",
        "score": result.value,
        "parts": dict(result.parts),
        "weights": {name: round(weight, 4) for name, weight in result.weights.items()},
        "sandbox": {"tier": guarantees.tier, "name": guarantees.name},
    }


def _check_record(findings: Findings) -> dict[str, Any]:
    found = None if findings.diagnostics is None else sorted(findings.diagnostics.elements())
    return {"part": findings.check.part, "tool": findings.check.tool, "diagnostics": found, "note": findings.note}


def _text(result: Score, guarantees: Guarantees) -> Iterator[Styled]:
    yield Styled(f"score {result.value:.4f}", "good" if result.value == 1.0 else "head")
    for name in WEIGHTS:
        value = result.parts.get(name)
        told = (
            f"{value:.4f} x {result.weights[name]:.4f}"
            if value is not None
            else "not measured, its weight is shared out"
        )
        yield Styled(f"  {name:5}  {told}")
    yield Styled(f"  sandbox tier {guarantees.tier}, {guarantees.name}", "faint")
