"""The fixers, the most certain first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Protocol

from dspy_ci.failures.failure import Failure
from dspy_ci.patches.fixers import (
    annotation,
    bytes_text,
    data_path,
    dataclass_default,
    encoding,
    forward_reference,
    lazy_value,
    looping,
    lost_result,
    missing_attribute,
    missing_await,
    missing_field,
    missing_init,
    missing_key,
    missing_module,
    missing_property,
    missing_raise,
    missing_super,
    mixed_types,
    naive_datetime,
    parentheses,
    separators,
    shadowed_builtin,
    shared_state,
    syntax,
    unbound_local,
    undefined_name,
    unhashable,
    unordered,
    unused_ignore,
    wrong_call,
    wrong_text,
)
from dspy_ci.patches.patch import Edit, Patch
from dspy_ci.suspects.evidence import Evidence


class Fixer(Protocol):
    """What every module of this folder offers."""

    NAME: str

    def fixes(self, failure: Failure, evidence: Evidence) -> Iterator[Patch]:
        """Patches for the failure, the most likely first; nothing when it is not the fixer's business."""
        ...


FIXERS: tuple[Fixer, ...] = (
    syntax, shadowed_builtin, unbound_local, forward_reference, undefined_name, missing_module, missing_init,
    missing_super, missing_attribute, missing_property, missing_key, wrong_call, dataclass_default, missing_await,
    parentheses, naive_datetime, encoding, data_path, looping, lazy_value, unhashable, lost_result, bytes_text,
    mixed_types, unordered, separators, unused_ignore, annotation, missing_field, shared_state, wrong_text,
    missing_raise,
)  # fmt: skip
MOST = 40
"""How many patches of one fixer for one failure are worth a trial."""


def fixes(evidence: Evidence) -> tuple[Patch, ...]:
    """What all fixers have to say to all failures, best first; the same edits only once."""
    found: dict[tuple[Edit, ...], Patch] = {}
    for failure in evidence.failures:
        for fixer in FIXERS:
            for patch in islice(fixer.fixes(failure, evidence), MOST):
                weight = patch.weight * evidence.priors.weight((f"fixer:{fixer.NAME}",))
                found.setdefault(patch.edits, replace(patch, edits=tuple(sorted(patch.edits)), weight=weight))
    return tuple(sorted(found.values(), key=lambda patch: -patch.weight))
