"""What `train run|report|promote --module priors` do: count, examine on what was held out, put in place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Any

from dspy_ci.adapters.casefiles import CaseFiles
from dspy_ci.commands.bars import Bar
from dspy_ci.commands.mending import cores
from dspy_ci.commands.mining import Field, remembered
from dspy_ci.commands.pulls import counted_votes, remembered_pulls, votes
from dspy_ci.errors import UsageError
from dspy_ci.learn.case import Case
from dspy_ci.learn.counting import priors_text
from dspy_ci.learn.measuring import Pair
from dspy_ci.learn.schooling import Observed, examined, observed, result, taught, teachable
from dspy_ci.learn.splitting import split
from dspy_ci.learn.tracing import weighed
from dspy_ci.ports.sandbox import Copy
from dspy_ci.suspects.priors import SCHEMA, read_priors

FOLDER = ".dspy-ci"
CANDIDATE = "runs/priors.json"
REPORT = "reports/priors.json"
PROMOTED = "priors.json"


def run(found: Field, files: CaseFiles, *, quiet: bool) -> dict[str, Any]:
    """Learn from the training cases, and keep the outcome beside the datasets."""
    parts = {part: teachable(cases) for part, cases in split(mined(files)).items()}
    seen = [*_observed(parts["train"], found, "learn", quiet=quiet)]
    train = [one.lesson for one in seen if one.lesson]
    if not train:
        raise UsageError("no training case is mended by anything that we know", hint="mine more: --cases 120")
    chosen = [*_observed(parts["validation"], found, "choose", quiet=quiet)]
    validation = [one.lesson for one in chosen if one.lesson]
    said = votes(remembered_pulls(files), (*parts["validation"], *parts["heldout"]))
    school = taught(train, validation, said)
    trails = [one.trail for one in chosen if one.trail]
    evidence = weighed([one.trail for one in seen if one.trail], trails)
    about: dict[str, Any] = {"cases": len(train), "dataset": _digest(parts["train"])}
    about |= {"suggestions": counted_votes(said)} if said else {}
    files.write_text(CANDIDATE, priors_text({**school.counts, **evidence.counts}, **about))
    return {
        "schema": "dspy-ci/train-run/1", "module": "priors", **about, "factors": len(school.counts),
        "evidence": {
            "factors": {name: count.factor for name, count in evidence.counts.items()}, "strength": evidence.strength,
            "cases": len(trails), "before": round(evidence.before, 2), "after": round(evidence.after, 2),
        },
        "strength": school.strength,
        "validation": {"cases": len(validation), "before": round(school.before, 2), "after": round(school.after, 2)},
        "candidate": str(files.folder / CANDIDATE),
    }  # fmt: skip


def report(found: Field, files: CaseFiles, *, quiet: bool) -> dict[str, Any]:
    """Search every held-out case both ways, and keep what that says."""
    text = candidate(files)
    cases = teachable(split(mined(files))["heldout"])
    if not cases:
        raise UsageError("nothing was held out", hint="mine more: --cases 120")
    priors, pairs = read_priors(text), []
    with Bar(quiet=quiet) as bar, copies(found) as workers:
        for done, pair in enumerate(examined(cases, found.bench, workers, priors), 1):
            pairs += [pair] if pair else []
            bar.show("examine", done, len(cases), f"{len(pairs)} compared")
    record = {
        "schema": "dspy-ci/train-report/1", "module": "priors", "candidate": digest(text), **_told(pairs),
        "pairs": [asdict(pair) for pair in sorted(pairs, key=lambda pair: pair.case)],
    }  # fmt: skip
    files.write_text(REPORT, json.dumps(record, indent=1) + "\n")
    return record


def _told(pairs: Sequence[Pair]) -> dict[str, Any]:
    said = result(pairs)
    return {
        "measure": "candidates tried until the first verified patch", "less_is_better": True,
        "heldout": asdict(said.tried), "verified": said.verified, "cured": said.cured, "better": said.better,
        "suspects": asdict(said.suspects),
    }  # fmt: skip


def promotable(files: CaseFiles, record: dict[str, Any]) -> tuple[str, str]:
    """Path and text of what is promoted, the examination written into it."""
    text = json.loads(candidate(files))
    gain = record["heldout"]
    text["heldout"] = {name: round(gain[name], 4) for name in ("cases", "before", "after", "change", "low", "high")}
    return f"{FOLDER}/{PROMOTED}", json.dumps(text, indent=1, ensure_ascii=True) + "\n"


def mined(files: CaseFiles) -> list[Case]:
    """The cases. Raises UsageError when none was mined."""
    cases = [outcome for outcome in remembered(files).values() if isinstance(outcome, Case)]
    if not cases:
        raise UsageError(f"there is no case in {files.folder}", hint="run `dspy-ci train mine` first")
    return cases


def candidate(files: CaseFiles) -> str:
    """What `train run` has left. Raises UsageError when it has not run."""
    try:
        text = (files.folder / CANDIDATE).read_text(encoding="utf-8")
        read_priors(text)
    except OSError:
        raise UsageError(f"nothing was learnt yet in {files.folder}", hint="run `dspy-ci train run` first") from None
    except ValueError as error:
        raise UsageError(f"{files.folder / CANDIDATE}: {error}", hint=f"it must be of the form {SCHEMA}") from None
    return text


@contextmanager
def copies(found: Field) -> Iterator[list[Copy]]:
    """As many copies as may work side by side."""
    with ExitStack() as stack:
        yield [stack.enter_context(found.sandbox.open()) for _ in range(found.chosen.workers or cores())]


def _observed(cases: Sequence[Case], found: Field, stage: str, *, quiet: bool) -> Iterator[Observed]:
    useful = 0
    with Bar(quiet=quiet) as bar, copies(found) as workers:
        for done, one in enumerate(observed(cases, found.bench, workers), 1):
            useful += one.lesson is not None
            bar.show(stage, done, len(cases), f"{useful} teach something")
            yield one


def digest(text: str) -> str:
    """Which text it was."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digest(cases: Sequence[Case]) -> str:
    return digest(" ".join(sorted(case.id for case in cases)))
