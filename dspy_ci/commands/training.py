"""What `train run`, `report`, `promote` and `--auto` share: one module after the other, told in the same words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_ci import settings
from dspy_ci.adapters.casefiles import CaseFiles
from dspy_ci.adapters.gittrees import place
from dspy_ci.commands import lessons, tuition
from dspy_ci.commands.mining import DATA, Field, Wish, field, mine_here
from dspy_ci.commands.plots import bars, save_png
from dspy_ci.commands.terminal import show, show_json
from dspy_ci.commands.train import MODULES
from dspy_ci.commands.tuition import Effort
from dspy_ci.errors import ExitCode, MissingError, UsageError
from dspy_ci.reports.styled import Styled


@dataclass(frozen=True, slots=True)
class Manner:
    """Where the data lie, and how to answer."""

    data: Path | None = None
    json: bool = False
    quiet: bool = False

    @property
    def silent(self) -> bool:
        """Whether nothing is said while it works."""
        return self.quiet or self.json


def run(folder: Path, module: str, manner: Manner, effort: Effort | None = None, **options: object) -> int:
    """Learn one module; the exit code."""
    with field(folder, **options) as found:
        files = _files(found, manner)
        if module == "priors":
            record = lessons.run(found, files, quiet=manner.silent)
            lines = _counted_lines(record)
        else:
            record = tuition.run(found, files, module, effort or Effort())
            lines = _evolved_lines(record)
    _tell(record, lines, manner)
    return ExitCode.SUCCESS if record.get("better", True) else ExitCode.RED


def report(folder: Path, module: str, manner: Manner, **options: object) -> int:
    """Examine one module on what was held out; the exit code says whether it is better."""
    with field(folder, **options) as found:
        files = _files(found, manner)
        if module == "priors":
            record = lessons.report(found, files, quiet=manner.silent)
        else:
            record = tuition.report(found, files, module)
        picture = save_png(record, files.folder / "reports" / f"{module}.png")
    lines = list(report_lines(record))
    lines.append(Styled(f"  picture: {picture}" if picture else "  no picture: pip install 'dspy-ci[train]'", "faint"))
    files.write_text(f"reports/{module}.txt", "\n".join(line.text for line in lines) + "\n")
    _tell(record, lines, manner)
    return ExitCode.SUCCESS if record["better"] else ExitCode.RED


def promote(folder: Path, module: str, manner: Manner, **options: object) -> int:
    """Put a module in place, if its report says that it is better."""
    with field(folder, **options) as found:
        files = _files(found, manner)
        record = _reported(files, module)
        learnt = lessons.candidate(files) if module == "priors" else tuition.candidate(files, module)
        if record["candidate"] != lessons.digest(learnt):
            raise UsageError(
                "the report is about something else than what was learnt last",
                hint=f"run `dspy-ci train report --module {module}`",
            )
        if not record["better"]:
            _tell({**record, "promoted": None}, [Styled(f"Not promoted: {_why_not(record)}.", "bad")], manner)
            return ExitCode.RED
        make = lessons.promotable(files, record) if module == "priors" else tuition.promotable(files, module, record)
        path, text = make
        CaseFiles(found.root / Path(path).parent, hidden=False).write_text(Path(path).name, text)
    done = {"schema": "dspy-ci/promoted/1", "module": module, "promoted": path}
    _tell(done, [Styled(f"Promoted: {path}; commit it, and dspy-ci uses it.", "good")], manner)
    return ExitCode.SUCCESS


def auto(folder: Path, manner: Manner, budget: float = 600.0, **options: object) -> int:
    """Mine for `budget` seconds, run, report and promote; the exit code is that of the last step."""
    wish = Wish(200, 60, budget, manner.data, json=manner.json, quiet=manner.quiet)
    if mined := mine_here(folder, wish, **options):
        return mined
    codes = [_whole(folder, module, manner, **options) for module in ("priors", *_programs(folder, options))]
    return min(codes)


def _whole(folder: Path, module: str, manner: Manner, **options: object) -> int:
    """All steps after mining, until one says no."""
    steps: tuple[Callable[..., int], ...] = (run, report, promote)
    try:
        return next((code for step in steps if (code := step(folder, module, manner, **options))), 0)
    except (UsageError, MissingError) as error:  # the other modules may do better
        show([Styled(f"  {module}: {error}", "faint")], err=True)
        return ExitCode.RED if isinstance(error, UsageError) else error.exit_code


def _programs(folder: Path, options: Mapping[str, object]) -> tuple[str, ...]:
    """The programs that can be trained: all of them with a model, none without."""
    from dspy_ci.models import choice  # noqa: PLC0415 - only here

    chosen = settings.load(place(folder).root, os.environ, **options)
    return () if isinstance(choice(chosen, os.environ), str) else MODULES[1:]


def _files(found: Field, manner: Manner) -> CaseFiles:
    return CaseFiles(manner.data or found.root / DATA)


def _reported(files: CaseFiles, module: str) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((files.folder / "reports" / f"{module}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"there is no report on {module}", hint="run `dspy-ci train report` first") from None
    return record


def _tell(record: Mapping[str, Any], lines: list[Styled] | Iterator[Styled], manner: Manner) -> None:
    if manner.json:
        show_json(dict(record))
    else:
        show(lines)


def _counted_lines(record: Mapping[str, Any]) -> Iterator[Styled]:
    choice = record["validation"]
    yield Styled(f"Learnt {record['factors']} factors from {record['cases']} cases.", "head")
    if choice["cases"]:
        yield Styled(
            f"  the cure's mean place on {choice['cases']} validation cases: {choice['before']:g} as shipped, "
            f"{choice['after']:g} with strength {record['strength']:g}"
        )
    known = record["evidence"]
    if known["factors"]:
        told = ", ".join(f"{name.partition(':')[2]} {factor:g}" for name, factor in known["factors"].items())
        yield Styled(f"  weight of evidence: {told}")
    if known["cases"]:
        yield Styled(
            f"  the mean place of what was at fault among the suspects: {known['before']:g}, now {known['after']:g}"
        )
    yield Styled("  now `dspy-ci train report`", "faint")


def _evolved_lines(record: Mapping[str, Any]) -> Iterator[Styled]:
    grades, name = record["validation"], record["program"]
    if record["better"]:
        yield Styled(f"Better instructions for {name}: {grades['before']:g}, now {grades['after']:g}.", "head")
        yield Styled(f"  now `dspy-ci train report --module {record['module']}`", "faint")
    else:
        yield Styled(f"Nothing better than what is shipped was found for {name}.", "bad")
    yield Styled(
        f"  {record['metric_calls']} grades, {record['remembered']} of them remembered; {record['candidates'] - 1} "
        f"candidates, {record['reflections']} reflections"
    )
    yield Styled(f"  {record['failed']} of {record['asked']} questions without an answer")
    yield from (Styled(f"  {why}", "faint") for why in record["refused"])


def report_lines(record: Mapping[str, Any]) -> Iterator[Styled]:
    """The examination for people."""
    gain = record["heldout"]
    yield Styled(f"{record['measure'].capitalize()}, on {gain['cases']} held-out cases:", "head")
    yield from (Styled(f"  {line}") for line in bars(gain["before"], gain["after"]))
    form = "+.0%" if record["less_is_better"] else "+.2f"
    yield Styled(f"  change {gain['change']:{form}}, 95 % interval {gain['low']:{form}} to {gain['high']:{form}}")
    if "verified" in record:
        (verified, too), (cured, then) = record["verified"], record["cured"]
        yield Styled(f"  verified {verified} and {too}, of them the people's own cure {cured} and {then}")
    if record.get("suspects", {}).get("cases"):
        place = record["suspects"]
        yield Styled(
            f"  what was at fault stands at place {place['before']:.1f} of the suspects, now {place['after']:.1f} "
            f"({place['change']:+.0%}, {place['low']:+.0%} to {place['high']:+.0%})"
        )
    if record["better"]:
        yield Styled("  Better: `dspy-ci train promote` puts it in place.", "good")
    else:
        yield Styled(f"  Not better: {_why_not(record)}.", "bad")


def _why_not(record: Mapping[str, Any]) -> str:
    gain = record["heldout"]
    if not gain["cases"]:
        return "no held-out case could be compared"
    if any(record[name][1] < record[name][0] for name in ("verified", "cured") if name in record):
        return "fewer cases are mended rightly"
    if (gain["change"] < 0) != record["less_is_better"] or not gain["change"]:
        return "nothing was gained on what was held out"
    return f"chance could have made that gain ({gain['sure']:.0%} sure, 80 % are asked for)"
