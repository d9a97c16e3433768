"""Patches of a bundle for the working tree: checked like those that the publisher posts."""

from __future__ import annotations

from pathlib import Path

from dspy_ci.adapters import patchstore
from dspy_ci.adapters.gittrees import Place
from dspy_ci.adapters.patchstore import Stored
from dspy_ci.deliveries.screening import refusals
from dspy_ci.errors import UsageError
from dspy_ci.logs.redaction import Redactor
from dspy_ci.reports.bundle import MOST_BYTES, Proposal, bundle_of


def listed(source: Path) -> tuple[Stored, ...]:
    """The verified patches of a bundle, best first."""
    return tuple(Stored(one.id, source, {"summary": one.rationale}) for one in _verified(source))


def taken(where: Place, source: Path, name: str | None) -> Stored:
    """The best patch of a bundle, or the one whose id begins so, now in the store. Raises UsageError."""
    found = [one for one in _verified(source) if one.id.startswith(name or "")]
    if not found:
        raise UsageError("the bundle holds no verified patch" + (f" called {name}" if name else ""))
    best = found[0]
    if reason := next(refusals(best, Redactor()), None):
        raise UsageError(f"patch {best.id} is refused: {reason}")
    beside = source.parent / f"{best.id}.patch"
    diff = best.diff.encode()
    if beside.is_file() and beside.read_bytes().decode("utf-8", "replace") == best.diff:
        diff = beside.read_bytes()  # a file of another encoding than UTF-8
    patchstore.save(where, best.id, diff, {"summary": best.rationale})
    return patchstore.find(where, best.id)


def _verified(source: Path) -> tuple[Proposal, ...]:
    try:
        with source.open("rb") as data:
            bundle = bundle_of(data.read(MOST_BYTES + 1))
    except OSError as error:
        raise UsageError(f"cannot read {source}: {(error.strerror or str(error)).lower()}") from error
    return tuple(one for one in bundle.proposals if one.verified)
