"""A search for the culprit: as a record, and in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from dspy_ci.causes.culprit import Culprits, Guilt
from dspy_ci.causes.hunk import Hunk
from dspy_ci.ports.sandbox import Guarantees
from dspy_ci.reports.records import Record
from dspy_ci.reports.styled import Style, Styled
from dspy_ci.reports.words import number

_MOST_LINES = 40
_DIFF_STYLE: dict[str, Style] = {"+": "added", "-": "removed", "@": "place"}


@dataclass(frozen=True, slots=True)
class CulpritReport:
    """The answer, and what it is an answer to."""

    culprits: Culprits
    base: str
    head: str | None
    """None for the working tree."""
    command: str
    guarantees: Guarantees
    left_out: int = 0
    """How many changed files are too large to be laid."""
    missing: tuple[str, ...] = ()
    """Tests that a log named and that are not red here."""

    @property
    def summary(self) -> str:
        """The answer in one or two sentences."""
        found = self.culprits
        head = self.head[:12] if self.head else "the working tree"
        match found.status:
            case "green":
                return f"Nothing is red on {head}: there is no culprit to look for."
            case "base-red":
                return f"What is red on {head} is red on {self.base[:12]} too: this change is not to blame for it."
            case "flaky":
                return f"What is red on {head} is red or green by chance; `dspy-ci triage` says how often."
            case "unreproduced":
                return f"Nothing can be said: the tests do not run on {head}."
            case "spent":
                return "The budget ended before base and head were run; give it more with --budget."
        parts = f"{len(found.hunks)} of {number(found.count, 'hunk')}"
        return f"{parts} {'turns' if len(found.hunks) == 1 else 'turn'} {self.base[:12]} red. {_how_sure(found)}"


def _how_sure(found: Culprits) -> str:
    if not found.complete:
        return f"The budget ended after {number(found.runs, 'run')}: this is the best answer so far."
    it = "it" if len(found.hunks) == 1 else "them"
    least = "" if len(found.hunks) == 1 else "None of them can be left out; "
    if any(guilt.alternative for guilt in found.guilts):
        return f"{least}{_first(least, 'others')} would be enough too, they stand below."
    if found.mended is None:
        return f"{least}{_first(least, 'the')} change without {it} cannot be judged."
    return f"{least}{_first(least, 'the')} change without {it} is not red in this way."


def _first(before: str, word: str) -> str:
    """The word as it begins a sentence, or goes on with one."""
    return word if before else word.capitalize()


def culprit_record(report: CulpritReport) -> Record:
    """The whole of `culprit --format json`."""
    found = report.culprits
    ids = {hunk: number for number, hunk in enumerate(_all(found), 1)}
    return {
        "schema": "dspy-ci/culprit/1",
        "status": found.status,
        "summary": report.summary,
        "base": report.base,
        "head": report.head,
        "command": report.command,
        "hunks": [{"id": ids[hunk], **hunk_record(hunk)} for hunk in found.hunks],
        "sets": [_guilt_record(guilt, ids) for guilt in found.guilts],
        "hunks_total": found.count,
        "complete": found.complete,
        "green_without": found.mended,
        "held_files": list(found.held),
        "unmet": list(found.unmet),
        "left_out": report.left_out,
        "not_red_here": list(report.missing),
        "runs": found.runs,
        "narrowing_runs": found.narrowing,
        "remembered": found.remembered,
        "elapsed_s": round(found.seconds, 3),
        "sandbox": asdict(report.guarantees),
    }


def hunk_record(hunk: Hunk) -> Record:
    """One hunk; lines are 1-based."""
    return {
        "file": hunk.path,
        "kind": hunk.kind,
        "old_start": hunk.start + 1,
        "old_lines": len(hunk.old),
        "new_start": hunk.new_start + 1,
        "new_lines": len(hunk.new),
        "diff": "\n".join(hunk_lines(hunk)),
    }


def _guilt_record(guilt: Guilt, ids: dict[Hunk, int]) -> Record:
    return {
        "tests": list(guilt.tests),
        "hunks": [{"id": ids[hunk], **hunk_record(hunk)} for hunk in guilt.hunks],
        "statements": [hunk_record(hunk) for hunk in guilt.statements],
        "minimal": guilt.minimal,
        "alternative": guilt.alternative,
    }


def culprit_text(report: CulpritReport) -> Iterator[Styled]:
    """The report, line by line: the answer, each set of hunks with its tests, what it cost."""
    found = report.culprits
    yield Styled(report.summary, "good" if found.status == "green" else "bad")
    for guilt in found.guilts:
        yield Styled("")
        yield from _guilt(guilt)
    yield Styled("")
    remembered = f", {found.remembered} more were remembered" if found.remembered else ""
    cost = f"{number(found.runs, 'run')}, {found.narrowing} of them to find the hunks"
    yield Styled(f"{cost}, in {found.seconds:.1f} s{remembered}; ran {report.command}", "faint")
    if found.held:
        yield Styled(f"the tests were taken as the head has them: {', '.join(found.held)}", "faint")
    if found.unmet:
        yield Styled(f"not looked into, because the base fails them too: {', '.join(found.unmet)}", "faint")
    if report.left_out:
        yield Styled(f"left out as too large: {number(report.left_out, 'changed file')}, blamed by nobody", "faint")
    if report.missing:
        yield Styled(f"named by the log, and not red here: {', '.join(report.missing[:5])}", "faint")
    yield Styled(f"sandbox {report.guarantees.tier} ({report.guarantees.name})", "faint")


def _guilt(guilt: Guilt) -> Iterator[Styled]:
    first, more = guilt.tests[0], f" and {len(guilt.tests) - 1} more" if len(guilt.tests) > 1 else ""
    yield Styled(f"{'Also to blame' if guilt.alternative else 'To blame'} for {first}{more}", "head")
    if not guilt.minimal:
        yield Styled("  not reduced to the end: the budget was over", "faint")
    yield from (line for hunk in guilt.hunks for line in _shown(hunk))
    if guilt.statements and guilt.statements != guilt.hunks:
        yield Styled("  of this, these lines are enough", "head")
        yield from (line for hunk in guilt.statements for line in _shown(hunk))


def _shown(hunk: Hunk) -> Iterator[Styled]:
    yield Styled(f"  {hunk.path}:{hunk.new_start + 1}", "place")
    lines = hunk_lines(hunk)
    for line in lines[:_MOST_LINES]:
        yield Styled(f"    {line}", _DIFF_STYLE.get(line[:1], "plain"))
    if len(lines) > _MOST_LINES:
        yield Styled(f"    and {len(lines) - _MOST_LINES} lines more", "faint")


def hunk_lines(hunk: Hunk) -> list[str]:
    """The hunk as a diff without context shows it."""
    if hunk.kind == "rename":
        return [f"rename from {hunk.before}", f"rename to {hunk.after}"]
    head = f"@@ -{hunk.start + bool(hunk.old)},{len(hunk.old)} +{hunk.new_start + bool(hunk.new)},{len(hunk.new)} @@"
    removed = [f"-{_text(line)}" for line in hunk.old]
    return [head, *removed, *(f"+{_text(line)}" for line in hunk.new)]


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")


def _all(found: Culprits) -> list[Hunk]:
    return list(dict.fromkeys(hunk for guilt in found.guilts for hunk in guilt.hunks))
