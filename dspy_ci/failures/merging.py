"""One failure once: the same thing said by several channels is marked, never dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dspy_ci.failures.confidence import LINE, SUMMARY, WARNING, WRAPPER
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.finding import Tally

_SPACE = re.compile(r"\s+")


def merged(failures: Sequence[Failure]) -> list[Failure]:
    """The same failures in the same order; those that a richer one repeats or explains say so in `suppressed_by`."""
    told: dict[tuple[object, ...], Failure] = {}
    explained: dict[int, str] = {}
    for index in sorted(range(len(failures)), key=lambda i: -_richness(failures[i])):
        failure = failures[index]
        keys = list(_keys(failure))
        twin = next((told[key] for key in keys if key in told), None)
        if twin and _repeats(failure, twin):
            explained[index] = twin.fingerprint
        else:
            for key in keys:
                told.setdefault(key, failure)
    marked = [_marked(failure, explained.get(index)) for index, failure in enumerate(failures)]
    return list(_without_wrappers(marked))


def vouched(failures: Iterable[Failure], tallies: Iterable[Tally]) -> list[Failure]:
    """Warnings count as failures where the trailer of their tool, in the same step, says so."""
    counted = {(tally.tool, tally.job, tally.step) for tally in tallies if tally.expected}
    return [
        replace(failure, confidence=LINE)
        if failure.confidence == WARNING and (failure.tool, failure.job, failure.step) in counted
        else failure
        for failure in failures
    ]


def _richness(failure: Failure) -> float:
    return failure.confidence + 0.02 * (failure.line is not None) + 0.01 * bool(failure.frames)


def _keys(failure: Failure) -> Iterator[tuple[object, ...]]:
    """By what another report of the same failure can be recognised."""
    message = _SPACE.sub(" ", failure.message)[:60]
    yield ("message", failure.file, failure.line, message)
    if failure.test_id:
        yield ("test", failure.test_id)
    if failure.file and failure.line and failure.code:
        yield ("code", failure.file, failure.line, failure.col, failure.code)
    if failure.kind == "coverage":
        yield ("coverage", failure.job, failure.step)
    if failure.symbol and not failure.file and failure.kind == "dependency":
        yield ("symbol", failure.tool, failure.symbol)
    if failure.fixable_hint and not failure.file and failure.fixable_hint.kind == "command":
        yield ("cure", failure.tool, failure.kind, failure.fixable_hint.text)
    yield from _places(failure)


def _loose(failure: Failure) -> Iterator[tuple[object, ...]]:
    """Keys that are enough by themselves."""
    return (key for key in _keys(failure) if key[0] in {"coverage", "symbol", "cure"})


def _places(failure: Failure) -> Iterator[tuple[object, ...]]:
    """Where an annotation of the same failure may point; tools choose any frame of ours."""
    if failure.file and failure.line:
        yield ("place", failure.file, failure.line)
    for frame in failure.frames if failure.tool != "annotation" else ():
        if frame.in_repo:
            yield ("place", frame.file, frame.line)


def _repeats(failure: Failure, twin: Failure) -> bool:
    """Whether a failure that shares a key with a richer one says nothing new."""
    same_place = (failure.file, failure.line) == (twin.file, twin.line)
    if failure.tool == "annotation":
        return same_place or ("place", failure.file, failure.line) in _places(twin)
    if (failure.tool, failure.kind) == (twin.tool, twin.kind) and set(_loose(failure)) & set(_loose(twin)):
        return True
    if failure.test_id and failure.test_id == twin.test_id:
        return failure.line is None or same_place or failure.confidence < twin.confidence
    if same_place and failure.confidence <= SUMMARY and _is_short_for(failure.test_id, twin.test_id):
        return True
    if not same_place or failure.kind != twin.kind or failure.test_id != twin.test_id:
        return False
    if failure.code and failure.code == twin.code and failure.col == twin.col:
        return True
    return _SPACE.sub(" ", failure.message)[:60] == _SPACE.sub(" ", twin.message)[:60]


def _is_short_for(name: str | None, full: str | None) -> bool:
    """Whether a summary calls a test by the tail of its name."""
    return bool(name and full and full.endswith(f".{name}"))


def _marked(failure: Failure, fingerprint: str | None) -> Failure:
    return replace(failure, suppressed_by=fingerprint) if fingerprint else failure


def _without_wrappers(failures: Sequence[Failure]) -> Iterator[Failure]:
    """Who only says that something inside failed is explained by what was found inside, or by the innermost wrapper."""
    inner = [failure for failure in failures if failure.confidence > WARNING and failure.suppressed_by is None]
    for failure in failures:
        inside = _inside(failure, inner) if failure.confidence <= WARNING and failure.suppressed_by is None else None
        if inside is None and failure.confidence <= WRAPPER and failure.suppressed_by is None:
            inner.append(failure)
        yield _marked(failure, inside.fingerprint if inside else None)


def _inside(wrapper: Failure, inner: Iterable[Failure]) -> Failure | None:
    """A failure in the step that the wrapper closes, or in its job where steps are not known."""
    same_job = [failure for failure in inner if failure.job == wrapper.job]
    return next((failure for failure in same_job if wrapper.step in {None, failure.step}), None)
