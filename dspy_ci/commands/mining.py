"""What `dspy-ci train mine` does: open history, sandbox and folder, pass cases on as they come, print the tally."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dspy_ci import settings
from dspy_ci.adapters import testcommands
from dspy_ci.adapters.casefiles import CaseFiles
from dspy_ci.adapters.githistory import GitHistory
from dspy_ci.adapters.gittrees import place
from dspy_ci.adapters.sandbox import choice
from dspy_ci.adapters.sparkjobs import over_spark
from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.commands.bars import Bar
from dspy_ci.commands.checkers import checks
from dspy_ci.commands.mending import cores, task
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import DspyCiError, ExitCode
from dspy_ci.learn.case import Case, Dismissed, case_record, dismissed_record, read_record
from dspy_ci.learn.datasets import ROWS, log_name, rows
from dspy_ci.learn.mining import Mined, Plan, mine
from dspy_ci.learn.proving import Bench
from dspy_ci.learn.splitting import PARTS, split
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.ports.sandbox import Sandbox
from dspy_ci.reports.styled import Styled
from dspy_ci.settings import Settings
from dspy_ci.verdicts.check import Check
from dspy_ci.verdicts.checks import given

DATA = ".dspy_data"
CASES = "cases.jsonl"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be mined, and how to answer."""

    commits: int
    cases: int
    seconds: float
    data: Path | None
    json: bool = False
    quiet: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A repository opened for mining."""

    root: Path
    bench: Bench
    sandbox: Sandbox
    chosen: Settings
    shown: str


@contextmanager
def field(folder: Path, **options: object) -> Iterator[Field]:
    """Find environment, checkers and sandbox once, for all that follows."""
    root = place(folder).root
    chosen = settings.load(root, os.environ, **options)
    command = testcommands.find(root, os.environ, chosen.test_cmd)
    job = task(command, chosen)
    sandbox = choice.chosen(str(root), chosen.sandbox)
    with GitHistory(root) as history:
        tree = history.tree(history.head())
        code = Snapshot(tuple(sorted(tree)), lambda path: history.read(tree[path]))
        bench = Bench(
            history, job.run, _checks(checks(code, command, chosen), chosen), tier=sandbox.guarantees.tier,
            clean=Redactor(secret_values(os.environ)).redact,
        )  # fmt: skip
        yield Field(root, bench, sandbox, chosen, command.shown)


def _checks(found: tuple[Check, ...], chosen: Settings) -> tuple[Check, ...]:
    """The project's checkers; where it has no linter, ruff as it comes."""
    if any(check.part == "lint" for check in found) or chosen.lint_cmd is not None:
        return found
    words = (sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--output-format", "concise", ".")
    return (*found, given("lint", "ruff", words))


def mine_here(folder: Path, wish: Wish, **options: object) -> int:
    """Mine the repository around the folder and report; the exit code. The options are those of Settings."""
    record = mined_in(folder, wish, options)
    if wish.json:
        show_json(record)
    else:
        show(_lines(record))
    return ExitCode.SUCCESS if record["cases"] else ExitCode.RED


def mine_many(folders: Sequence[Path], wish: Wish, engine: str, **options: object) -> int:
    """The same for several repositories, each into its own folder; one that cannot be mined is told of and left out."""
    places = [folder.resolve() for folder in folders]
    jobs = [(str(at), replace(wish, data=wish.data and wish.data.resolve() / at.name), options) for at in places]
    records = list(over_spark(mined_one, jobs) if engine == "spark" else map(mined_one, jobs))
    for record in records:
        if wish.json:
            show_json(record)
        elif "problem" in record:
            show([Styled(f"{record['repository']}: {record['problem']}", "bad")])
        else:
            show([Styled(record["repository"], "place"), *_lines(record)])
    return ExitCode.SUCCESS if any(record.get("cases") for record in records) else ExitCode.RED


def mined_one(job: tuple[str, Wish, Mapping[str, object]]) -> dict[str, Any]:
    """The figures of one repository, or why there are none; all of it picklable."""
    folder, wish, options = job
    try:
        return {"repository": folder, **mined_in(Path(folder), wish, options)}
    except DspyCiError as error:
        return {"repository": folder, "schema": "dspy-ci/mined/1", "problem": str(error), "hint": error.hint}


def mined_in(folder: Path, wish: Wish, options: Mapping[str, object]) -> dict[str, Any]:
    """Mine the repository around the folder, keep what is found, and say how much that is."""
    started = time.monotonic()
    with field(folder, **options) as found:
        files = CaseFiles(wish.data or found.root / DATA)
        if wish.fresh:
            files.write(CASES, ())
        known = remembered(files)
        before = len(known)
        plan = Plan(wish.commits, wish.cases, wish.seconds, found.chosen.workers or cores(), found.chosen.seed)
        cases = sum(isinstance(outcome, Case) for outcome in known.values())
        try:
            with Bar(quiet=wish.quiet or wish.json) as bar:
                for mined in mine(plan, found.bench, found.sandbox, known, cases):
                    keep(files, known, mined)
                    bar.show(mined.stage, mined.done, mined.total, _counted(known.values()))
        finally:
            write_datasets(files, known.values())
    return tally(known, len(known) - before, time.monotonic() - started, files)


def remembered(files: CaseFiles) -> dict[str, Case | Dismissed]:
    """What earlier runs found out, by id."""
    outcomes = (read_record(record) for record in files.read(CASES))
    return {outcome.id: outcome for outcome in outcomes if outcome}


def keep(files: CaseFiles, known: dict[str, Case | Dismissed], mined: Mined) -> None:
    """Write down what was found out, at once."""
    for outcome in mined.outcomes:
        known[outcome.id] = outcome
        files.append(CASES, case_record(outcome) if isinstance(outcome, Case) else dismissed_record(outcome))


def write_datasets(files: CaseFiles, known: Iterable[Case | Dismissed]) -> None:
    """All datasets anew, and the logs that they point to."""
    cases = [outcome for outcome in known if isinstance(outcome, Case)]
    for part, own in split(cases).items():
        for dataset in ROWS:
            files.write(f"{dataset}_{part}.jsonl", rows(dataset, own))
    for case in cases:
        files.write_text(f"logs/{log_name(case)}", case.log)


def tally(known: Mapping[str, Case | Dismissed], new: int, seconds: float, files: CaseFiles) -> dict[str, Any]:
    """The figures of `train mine`."""
    cases = [outcome for outcome in known.values() if isinstance(outcome, Case)]
    reasons = Counter(
        _general(outcome.reason)
        for outcome in known.values()
        if isinstance(outcome, Dismissed) and outcome.reason != "mined"
    )
    looked = sum(isinstance(outcome, Dismissed) for outcome in known.values())
    return {
        "schema": "dspy-ci/mined/1",
        "cases": len(cases),
        "kinds": dict(Counter(case.proposal.kind for case in cases)),
        "split": {part: len(own) for part, own in split(cases).items()},
        "dismissed": dict(reasons.most_common()),
        "looked_at": looked,
        "yield": round(len(cases) / max(1, len(cases) + sum(reasons.values())), 3),
        "new": new,
        "elapsed_s": round(seconds, 1),
        "cases_per_minute": round(60 * len(cases) / seconds, 1) if seconds and new else 0.0,
        "data": str(files.folder),
    }


def _general(reason: str) -> str:
    """The reason without what is particular to one proposal."""
    return "it loses a test" if reason.startswith("it loses") else reason.partition(":")[0]


def _counted(outcomes: Iterable[Case | Dismissed]) -> str:
    kinds = Counter(outcome.proposal.kind for outcome in outcomes if isinstance(outcome, Case))
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "no case yet"


def _lines(record: Mapping[str, Any]) -> Iterator[Styled]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in record["kinds"].items()) or "none"
    yield Styled(f"{record['cases']} cases: {kinds}", "head")
    yield Styled("  " + ", ".join(f"{record['split'][part]} {part}" for part in PARTS))
    rate = f", {record['cases_per_minute']:g} cases a minute" if record["cases_per_minute"] else ""
    yield Styled(f"  {record['elapsed_s']:g} s{rate}, yield {record['yield']:.0%}")
    for reason, count in record["dismissed"].items():
        yield Styled(f"  {count:>4} × {reason}", "faint")
    yield Styled(f"  datasets in {record['data']}", "faint")
