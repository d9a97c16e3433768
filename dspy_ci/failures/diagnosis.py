"""What a log says is wrong: every failure once, root causes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dspy_ci.failures.confidence import WRAPPER
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.finding import Ended, Finding, Tally, Workspace
from dspy_ci.failures.merging import merged, vouched
from dspy_ci.failures.paths import Checkout
from dspy_ci.failures.ranking import ranked, roots
from dspy_ci.failures.reading import findings
from dspy_ci.logs.page import Page

MOST = 10_000
"""Failures beyond this number are counted, not kept."""

_BY_EXIT: dict[int, tuple[Kind, str]] = {
    124: ("timeout", "ended by `timeout`"),
    126: ("permission", "the command could not be executed"),
    127: ("command", "a command was not found"),
    134: ("crash", "aborted (SIGABRT)"),
    137: ("oom", "killed (SIGKILL), mostly for lack of memory"),
    139: ("crash", "segmentation fault (SIGSEGV)"),
    143: ("cancelled", "terminated (SIGTERM)"),
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The failures of one log."""

    failures: tuple[Failure, ...]
    """Likeliest root cause first; at the end those that another one explains (`suppressed_by`)."""
    roots: tuple[str, ...]
    """Fingerprints of the root causes, likeliest first."""
    notes: tuple[str, ...] = ()
    """What lowers our confidence, in words."""
    failing: tuple[tuple[str | None, str | None], ...] = ()
    """The (job, step) pairs that failed, in their order, where the CI system says so."""

    @property
    def open(self) -> tuple[Failure, ...]:
        """The failures that nothing else explains."""
        return tuple(failure for failure in self.failures if failure.suppressed_by is None)

    def root(self, fingerprint: str) -> Failure:
        """The first failure of a root cause."""
        return next(failure for failure in self.open if failure.fingerprint == fingerprint)

    def causes(self) -> tuple[Failure, ...]:
        """The first failure of each root cause, likeliest first."""
        first: dict[str, Failure] = {}
        for failure in self.open:
            first.setdefault(failure.fingerprint, failure)
        return tuple(first[fingerprint] for fingerprint in self.roots)


def diagnose(pages: Iterable[Page], *, checkouts: Iterable[str] = (), clean: Callable[[str], str] = str) -> Diagnosis:
    """The failures in a log; `checkouts` are folders whose prefix makes a path repository-relative."""
    return judged(findings(pages), checkouts=checkouts, clean=clean)


def judged(found: Iterable[Finding], *, checkouts: Iterable[str] = (), clean: Callable[[str], str] = str) -> Diagnosis:
    """Findings brought together: paths relative, duplicates marked, counts checked, root causes ranked.

    `clean` takes secrets out of every text, before anything is derived from it.
    """
    checkout, more = Checkout(checkouts), 0
    clean = clean if clean is str else lru_cache(maxsize=20_000)(clean)
    failures: list[Failure] = []
    tallies: list[Tally] = []
    ends: list[Ended] = []
    for finding in found:
        match finding:
            case Failure() if len(failures) < MOST:
                failures.append(finding)
            case Failure():
                more += 1
            case Workspace(folder):
                checkout.add(folder)
            case Tally():
                tallies.append(finding)
            case Ended():
                ends.append(finding)
    checkout.learn(path for failure in failures for path in _paths(failure))
    failures = [_cleaned(_relative(failure, checkout), clean) for failure in failures]
    failures = merged(vouched(failures, tallies))
    failures += _unexplained(ends, failures)
    steps = list(dict.fromkeys((end.job, end.step) for end in ends if end.step))
    failures = list(_only_of(steps, failures))
    notes = list(_mismatches(tallies, failures)) if not more else [f"{more} more failures were not kept"]
    failures = [_doubted(failure, notes) for failure in failures]
    failures = [*ranked(failures, steps), *(failure for failure in failures if failure.suppressed_by)]
    named = tuple(
        replace(failure, step=_told(failure.step, clean), job=_told(failure.job, clean)) for failure in failures
    )
    return Diagnosis(named, roots(failures, steps), tuple(notes), tuple(steps))


def _told(name: str | None, clean: Callable[[str], str]) -> str | None:
    return clean(name) if name else None


def _cleaned(failure: Failure, clean: Callable[[str], str]) -> Failure:
    """The failure with every text cleaned."""
    if clean is str:
        return failure
    hint = failure.fixable_hint
    return replace(
        failure,
        message=clean(failure.message),
        tool=clean(failure.tool),
        file=_told(failure.file, clean),
        symbol=_told(failure.symbol, clean),
        test_id=_told(failure.test_id, clean),
        code=_told(failure.code, clean),
        exception=_told(failure.exception, clean),
        frames=tuple(
            replace(frame, file=clean(frame.file), function=_told(frame.function, clean)) for frame in failure.frames
        ),
        fixable_hint=replace(hint, text=clean(hint.text)) if hint else None,
    )


def _paths(failure: Failure) -> Iterator[str]:
    if failure.file:
        yield failure.file
    if failure.test_id and "::" in failure.test_id:
        yield failure.test_id.partition("::")[0]
    for frame in failure.frames:
        if frame.in_repo:
            yield frame.file


def _relative(failure: Failure, checkout: Checkout) -> Failure:
    file = checkout.relative(failure.file) if failure.file else None
    frames = tuple(replace(frame, file=checkout.relative(frame.file)) for frame in failure.frames)
    test_id = checkout.relative(failure.test_id) if failure.test_id and failure.test_id[:1] in "/." else failure.test_id
    if (file, frames, test_id) == (failure.file, failure.frames, failure.test_id):
        return failure
    return replace(failure, file=file, frames=frames, test_id=test_id)


def _unexplained(ends: Sequence[Ended], failures: Sequence[Failure]) -> Iterator[Failure]:
    """Steps that failed though no format found anything in them."""
    inside = {(failure.job, failure.step) for failure in failures}
    jobs = {failure.job for failure in failures}
    for end in ends:
        if (end.job, end.step) in inside if end.step else end.job in jobs:
            continue
        kind, why = _BY_EXIT.get(end.code or 0, ("command", ""))
        message = f"{end.message} ({why})" if why else end.message
        span = (end.number, end.number)
        yield Failure("ci", kind, message, step=end.step, job=end.job, log_span=span, confidence=WRAPPER)


def _only_of(steps: Sequence[tuple[str | None, str | None]], failures: Sequence[Failure]) -> Iterator[Failure]:
    """Frightening text in steps that did not fail is explained by those that did."""
    jobs = {job for job, _ in steps}
    real = {failure.job: failure for failure in reversed(failures) if (failure.job, failure.step) in steps}
    for failure in failures:
        decoy = failure.job in jobs and failure.step is not None and (failure.job, failure.step) not in steps
        if decoy and failure.job in real and failure.suppressed_by is None and failure.kind != "infra":
            yield replace(failure, suppressed_by=real[failure.job].fingerprint)
        else:
            yield failure


def _mismatches(tallies: Sequence[Tally], failures: Sequence[Failure]) -> Iterator[str]:
    """What the trailers of tools count otherwise than we do."""
    told: Counter[tuple[str, str | None, str | None]] = Counter()
    for tally in tallies:
        told[tally.tool, tally.job, tally.step] += tally.expected
    found = Counter((failure.tool, failure.job, failure.step) for failure in failures if failure.suppressed_by is None)
    for (tool, job, step), count in told.items():
        if count > found[tool, job, step]:
            yield f"{tool} counts {count} failures, {found[tool, job, step]} were found in its output"


def _doubted(failure: Failure, notes: Sequence[str]) -> Failure:
    if any(note.startswith(f"{failure.tool} counts ") for note in notes):
        return replace(failure, confidence=round(failure.confidence * 0.8, 3))
    return failure
