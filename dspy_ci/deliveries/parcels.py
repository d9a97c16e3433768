"""What is to be delivered: findings and the best patch, each with all the forms in which it could arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dspy_ci.deliveries.diffs import file_diffs
from dspy_ci.deliveries.placing import Misfit, Shown, Spot, spots
from dspy_ci.patches.pathrules import FORBIDDEN
from dspy_ci.ports.forge import Annotation, ChangedFile, Remark
from dspy_ci.reports import remarks
from dspy_ci.reports.bundle import Bundle, Finding, Proposal, short
from dspy_ci.reports.marks import remark_mark

_LONGEST_FILE = 1_000_000
"""Lines; what a log calls a later line is none."""
_NOTED = 5
"""Lines that an annotation may stretch over."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to deliver. A form that is None or empty does not exist for it."""

    key: str
    findings: tuple[str, ...]
    """The keys of the findings that arrive with it."""
    suggestions: tuple[Remark, ...] = ()
    """All of them or none."""
    line: Remark | None = None
    """A comment at a line that the diff shows."""
    file: Remark | None = None
    """A comment at a file of the diff."""
    note: Annotation | None = None


def parcels(bundle: Bundle, files: tuple[ChangedFile, ...], diff: Mapping[str, Shown]) -> tuple[Parcel, ...]:
    """The best patch, then each finding that the change may have caused and that the patch does not mend."""
    best = bundle.best
    mended = mended_by(best, bundle) if best else ()
    made = [_patch(best, mended, bundle, files, diff)] if best else []
    keys = {one.key for one in mended}
    seen: set[str] = set()
    for finding in bundle.findings:
        if finding.key not in keys | seen and not finding.foreign:
            seen.add(finding.key)
            made.append(_finding(finding, files, diff))
    return tuple(made)


def mended_by(best: Proposal, bundle: Bundle) -> tuple[Finding, ...]:
    """The findings whose tests passed with the patch."""
    fixed = set(best.proof.tests.fixed)
    return tuple(one for one in bundle.findings if one.failure.test_id in fixed)


def _patch(
    best: Proposal, mended: tuple[Finding, ...], bundle: Bundle, files: tuple[ChangedFile, ...],
    diff: Mapping[str, Shown],
) -> Parcel:  # fmt: skip
    parts = file_diffs(best.diff)
    key = short("patch", best.key)
    placed = spots(parts, diff)
    mark = remark_mark(key)
    first = parts[0]
    start = first.changes[0].start if first.changes else 1
    plain = f"{mark}\n{remarks.patch(best, mended, why='' if not isinstance(placed, Misfit) else placed.reason)}"
    return Parcel(
        key,
        tuple(dict.fromkeys(one.key for one in mended)),
        suggestions=() if isinstance(placed, Misfit) else tuple(_suggestions(placed, best, mended, mark, bundle)),
        line=Remark(first.path, plain, start) if _shows(diff, first.path, start) else None,
        file=Remark(first.path, plain) if _in(files, first.path) else None,
        note=Annotation(first.path, start, start, "notice", remarks.patch_note(best), "dspy-ci: a verified patch"),
    )


def _suggestions(
    placed: tuple[Spot, ...], best: Proposal, mended: tuple[Finding, ...], mark: str, bundle: Bundle
) -> Iterator[Remark]:
    for number, spot in enumerate(placed, 1):
        told = remarks.suggestion(spot.text, best, mended, part=(number, len(placed)), sandbox=bundle.sandbox)
        start = spot.start if spot.start < spot.end else None
        yield Remark(spot.path, f"{mark}\n{told}", spot.end, start)


def _finding(finding: Finding, files: tuple[ChangedFile, ...], diff: Mapping[str, Shown]) -> Parcel:
    failure = finding.failure
    path, line = failure.file, failure.line if 0 < (failure.line or 0) < _LONGEST_FILE else None
    key = short("finding", finding.key)
    if not path or any(rule.matches(path) for rule in FORBIDDEN):
        return Parcel(key, (finding.key,))
    body = f"{remark_mark(key)}\n{remarks.diagnosis(finding)}"
    last = min(max(failure.end_line or 0, line or 1), (line or 1) + _NOTED)
    return Parcel(
        key,
        (finding.key,),
        line=Remark(path, body, line) if finding.root and line and _shows(diff, path, line) else None,
        file=Remark(path, body) if finding.root and _in(files, path) else None,
        note=Annotation(path, line or 1, last, "failure", remarks.finding_note(finding), remarks.plain_title(finding)),
    )


def _shows(diff: Mapping[str, Shown], path: str, line: int) -> bool:
    return path in diff and line in diff[path].hunks


def _in(files: tuple[ChangedFile, ...], path: str) -> bool:
    return any(file.path == path and file.status != "removed" for file in files)
