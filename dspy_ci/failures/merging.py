"""One failure once: the same thing said by several channels is marked, never dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dspy_ci.failures.confidence import WRAPPER
from dspy_ci.failures.failure import Failure

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
    if failure.file and failure.line:
        yield ("place", failure.file, failure.line)


def _repeats(failure: Failure, twin: Failure) -> bool:
    """Whether a failure that shares a key with a richer one says nothing new."""
    same_place = (failure.file, failure.line) == (twin.file, twin.line)
    if failure.tool == "annotation" and same_place:
        return True
    if failure.test_id and failure.test_id == twin.test_id:
        return failure.line is None or same_place or failure.confidence < twin.confidence
    if not same_place or failure.kind != twin.kind or failure.test_id != twin.test_id:
        return False
    if failure.code and failure.code == twin.code and failure.col == twin.col:
        return True
    return _SPACE.sub(" ", failure.message)[:60] == _SPACE.sub(" ", twin.message)[:60]


def _marked(failure: Failure, fingerprint: str | None) -> Failure:
    return replace(failure, suppressed_by=fingerprint) if fingerprint else failure


def _without_wrappers(failures: Sequence[Failure]) -> Iterator[Failure]:
    """Who only says that something inside failed is explained by what was found inside."""
    inner = [failure for failure in failures if failure.confidence > WRAPPER and failure.suppressed_by is None]
    for failure in failures:
        inside = _inside(failure, inner) if failure.confidence <= WRAPPER and failure.suppressed_by is None else None
        yield _marked(failure, inside.fingerprint if inside else None)


def _inside(wrapper: Failure, inner: Iterable[Failure]) -> Failure | None:
    """A failure in the step that the wrapper closes, or in its job where steps are not known."""
    same_job = [failure for failure in inner if failure.job == wrapper.job]
    return next((failure for failure in same_job if wrapper.step in {None, failure.step}), None)
