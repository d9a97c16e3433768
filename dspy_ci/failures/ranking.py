"""Which failures explain the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dspy_ci.failures.failure import Failure, Kind

_ORDER: tuple[tuple[Kind, ...], ...] = (
    ("infra", "network", "disk", "oom", "permission", "git", "command", "usage", "config"),
    ("dependency", "packaging"),
    ("syntax", "import", "collection"),
    ("fixture",),
    ("compile", "link"),
    ("type",),
    ("crash", "timeout", "test"),
    ("coverage", "lint", "format", "docs", "security"),
    ("flaky",),
    ("cancelled",),
)
"""What breaks the ground under everything comes first; what only measures comes last."""
_RANK = {kind: rank for rank, kinds in enumerate(_ORDER) for kind in kinds}


def ranked(failures: Iterable[Failure], failing_steps: Sequence[tuple[str | None, str | None]] = ()) -> list[Failure]:
    """The failures that nothing else explains, likeliest root cause first."""

    def key(failure: Failure) -> tuple[float, ...]:
        step = (failure.job, failure.step)
        when = failing_steps.index(step) if step in failing_steps else len(failing_steps)
        return when, _RANK[failure.kind], -failure.confidence, failure.log_span[0] if failure.log_span else 0

    return sorted((failure for failure in failures if failure.suppressed_by is None), key=key)


def roots(failures: Iterable[Failure], failing_steps: Sequence[tuple[str | None, str | None]] = ()) -> tuple[str, ...]:
    """Fingerprints of the root causes, likeliest first; many failures of one cause are one root."""
    causes: dict[tuple[object, ...], str] = {}
    for failure in ranked(failures, failing_steps):
        causes.setdefault(cause(failure), failure.fingerprint)
    return tuple(dict.fromkeys(causes.values()))


def cause(failure: Failure) -> tuple[object, ...]:
    """What failures of one cause have in common, though they lie in different files."""
    if failure.kind in {"import", "dependency", "fixture", "collection"} and failure.symbol:
        return (failure.kind, failure.symbol)
    return (failure.fingerprint,)
