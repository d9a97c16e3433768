"""What `dspy-ci train mine` does: open history, sandbox and folder, pass cases on as they come, print the tally."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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
from dspy_ci.commands.pulls import Reading, forge_given, pulls_record, read_pulls, remembered_pulls
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.errors import DspyCiError, ExitCode
from dspy_ci.learn.case import Case, Dismissed, case_record, dismissed_record, read_record
from dspy_ci.learn.datasets import ROWS, log_name, rows
from dspy_ci.learn.mining import Plan, mine, tried
from dspy_ci.learn.proposal import PLANTED
from dspy_ci.learn.proving import Bench
from dspy_ci.learn.pulls import stories
from dspy_ci.learn.splitting import PARTS, split
from dspy_ci.learn.verifying import looks
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
    forge: bool = True
    """Whether the forge is asked, where there is one."""
    verify: bool = False
    """Whether every case is looked at once more."""


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
    wish = replace(wish, forge=False)  # a token and the name of a repository are those of one
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
        reading = _reading(found, files) if wish.forge else Reading(remembered_pulls(files))
        known = remembered(files)
        old = frozenset(known)
        plan = Plan(wish.commits, wish.cases, wish.seconds, found.chosen.workers or cores(), found.chosen.seed)
        cases = sum(isinstance(outcome, Case) for outcome in known.values())
        try:
            with Bar(quiet=wish.quiet or wish.json) as bar:
                for mined in mine(plan, found.bench, found.sandbox, known, cases=cases, pulls=reading.known):
                    keep(files, known, mined.outcomes)
                    bar.show(mined.stage, mined.done, mined.total, _counted(known.values()))
        finally:
            write_datasets(files, known.values())
        seconds, told = time.monotonic() - started, pulls_record(reading, found.bench.history)
        said = verified(found, files, known, quiet=wish.quiet or wish.json) if wish.verify else {}
    fresh = sum(isinstance(outcome, Case) for name, outcome in known.items() if name not in old)
    return {**tally(known, len(known) - len(old), files), **_pace(fresh, seconds), **told, **said}


def _reading(found: Field, files: CaseFiles) -> Reading:
    """What the forge says; it is not asked where what runs could take the token from us."""
    if found.sandbox.guarantees.isolates or found.chosen.allow_unsandboxed or not forge_given(os.environ):
        return read_pulls(files, found.bench.clean)
    trouble = "the forge was not read: nothing isolates here, and the tests that run could take the token"
    return Reading(remembered_pulls(files), trouble=f"{trouble} (DSPY_CI_ALLOW_UNSANDBOXED=1 does it all the same)")


def verified(
    found: Field, files: CaseFiles, known: dict[str, Case | Dismissed], *, quiet: bool = False
) -> dict[str, Any]:
    """Look at every case once more, cold, take out what is not seen again, and say how much that was."""
    started, missed = time.monotonic(), dict[str, str]()
    cases = [outcome for outcome in known.values() if isinstance(outcome, Case)]
    with Bar(quiet=quiet) as bar, ExitStack() as stack:
        copies = [stack.enter_context(found.sandbox.open()) for _ in range(found.chosen.workers or cores())]
        bench, _ = tried(found.bench, copies[0])
        for done, seen in enumerate(looks(cases, bench, copies), 1):
            if seen.trouble:
                missed[seen.case.id] = seen.trouble
                keep(files, known, [Dismissed(seen.case.id, f"not seen again: {seen.trouble}")])
            bar.show("verify", done, len(cases), f"{done - len(missed)} seen again")
    if missed:
        write_datasets(files, known.values())
    seconds, seen_again = time.monotonic() - started, len(cases) - len(missed)
    return {
        "reproduced": {
            "cases": seen_again, "of": len(cases), "share": round(seen_again / max(1, len(cases)), 3),
            "missed": missed, "elapsed_s": round(seconds, 1), "per_minute": round(60 * len(cases) / seconds, 1),
        }
    }  # fmt: skip


def _pace(cases: int, seconds: float) -> dict[str, float]:
    """How quick the mining was: by the cases that this run has found."""
    return {"elapsed_s": round(seconds, 1), "cases_per_minute": round(60 * cases / seconds, 1) if seconds else 0.0}


def remembered(files: CaseFiles) -> dict[str, Case | Dismissed]:
    """What earlier runs found out, by id; with what pull requests said, where any were read."""
    outcomes, told = (read_record(record) for record in files.read(CASES)), stories(remembered_pulls(files))
    return {outcome.id: _told(outcome, told) for outcome in outcomes if outcome}


def _told(outcome: Case | Dismissed, stories: Mapping[str, str]) -> Case | Dismissed:
    """The case with the story of its commit; what is made upon a commit has none."""
    if isinstance(outcome, Dismissed) or outcome.proposal.planted:
        return outcome
    return replace(outcome, story=stories.get(outcome.proposal.commit.id, outcome.story))


def keep(files: CaseFiles, known: dict[str, Case | Dismissed], outcomes: Iterable[Case | Dismissed]) -> None:
    """Write down what was found out, at once."""
    told = stories(remembered_pulls(files))
    for outcome in (_told(one, told) for one in outcomes):
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


def tally(known: Mapping[str, Case | Dismissed], new: int, files: CaseFiles) -> dict[str, Any]:
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
        "sources": sources(known),
        "split": {part: len(own) for part, own in split(cases).items()},
        "dismissed": dict(reasons.most_common()),
        "looked_at": looked,
        "yield": round(len(cases) / max(1, len(cases) + sum(reasons.values())), 3),
        "new": new,
        "data": str(files.folder),
    }


def sources(known: Mapping[str, Case | Dismissed]) -> dict[str, dict[str, int]]:
    """Of each source, how much was looked at and how many cases came of it; a commit may bring several."""
    looked, brought = Counter[str](), Counter[str]()
    for name, outcome in known.items():
        kind = name.partition(":")[0]
        source = kind if kind in PLANTED else "history"
        looked[source] += source in PLANTED or isinstance(outcome, Dismissed)
        brought[source] += isinstance(outcome, Case)
    return {source: {"looked_at": looked[source], "cases": brought[source]} for source in looked}


def _general(reason: str) -> str:
    """The reason without what is particular to one proposal."""
    return "it loses a test" if reason.startswith("it loses") else reason.partition(":")[0]


def _pull_lines(told: Mapping[str, Any] | None) -> Iterator[Styled]:
    if not told:
        return
    made = told["suggestions"]
    yield Styled(
        f"  {told['known']} merged pull requests, {told['new']} of them new; of our suggestions "
        f"{made['accepted']} were taken and {made['dismissed']} turned down"
    )
    if told["absent"]:
        yield Styled(
            f"  {told['absent']} of their {told['commits']} commits are not in this clone: "
            "git fetch origin 'refs/pull/*/head:refs/pull/*/head'", "faint"
        )  # fmt: skip
    if told["problem"]:
        yield Styled(f"  {told['problem']}", "bad")


def _counted(outcomes: Iterable[Case | Dismissed]) -> str:
    kinds = Counter(outcome.proposal.kind for outcome in outcomes if isinstance(outcome, Case))
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "no case yet"


def _lines(record: Mapping[str, Any]) -> Iterator[Styled]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in record["kinds"].items()) or "none"
    yield Styled(f"{record['cases']} cases: {kinds}", "head")
    yield Styled("  " + ", ".join(f"{record['split'][part]} {part}" for part in PARTS))
    rate = f", {record['cases_per_minute']:g} cases a minute" if record["cases_per_minute"] else ""
    yield Styled(f"  {record['elapsed_s']:g} s{rate}, yield {record['yield']:.0%}")
    for source, found in record["sources"].items():
        what = "commits" if source == "history" else "changes"
        yield Styled(f"  {source}: {found['cases']} cases of {found['looked_at']} {what}")
    yield from _pull_lines(record.get("pulls"))
    if again := record.get("reproduced"):
        yield Styled(f"  reproduced {again['cases']} of {again['of']}, cold, {again['per_minute']:g} a minute")
        yield from (Styled(f"       {name}: {why}", "faint") for name, why in again["missed"].items())
    for reason, count in record["dismissed"].items():
        yield Styled(f"  {count:>4} × {reason}", "faint")
    yield Styled(f"  datasets in {record['data']}", "faint")
