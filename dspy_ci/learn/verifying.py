"""Mined cases looked at once more, cold: whether they are still what they were said to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dspy_ci.learn.case import Case
from dspy_ci.learn.proposal import State, state
from dspy_ci.learn.proving import Bench, whole
from dspy_ci.learn.spreading import spread
from dspy_ci.ports.sandbox import Copy
from dspy_ci.verdicts.check import delta, look

_LUCK = 7
"""Another luck than mining has seen."""


@dataclass(frozen=True, slots=True)
class Look:
    """One case was looked at."""

    case: Case
    trouble: str | None = None
    """Why it was not seen again; None when it was."""


def looks(cases: Iterable[Case], bench: Bench, copies: Sequence[Copy]) -> Iterator[Look]:
    """What became of the cases, as they end."""
    return spread(cases, copies, lambda case, copy: Look(case, missed(case, bench, copy)))


def missed(case: Case, bench: Bench, copy: Copy) -> str | None:
    """Why a case is not seen again in fresh processes; None when all of it is."""
    try:
        trees = state(case.proposal, bench.history)
    except (OSError, UnicodeDecodeError) as error:
        return f"a file cannot be had: {error}"
    if case.proposal.kind in {"lint", "types"}:
        return _unsaid(case, trees, bench, copy)
    targets, tests = frozenset(case.targets), case.tests or None
    before = bench.test(copy, trees.red, tests, ids=targets, seed=_LUCK, cold=True)
    if still := targets - before.red:
        return f"not red before it: {min(still)}"
    after = bench.test(copy, trees.green, tests, ids=targets, seed=_LUCK, cold=True)
    if still := targets - after.mended(targets):
        return f"not green with it: {min(still)}"
    return None


def _unsaid(case: Case, trees: State, bench: Bench, copy: Copy) -> str | None:
    """The same for what a checker said."""
    for check in bench.checks:
        if check.part != case.proposal.kind:
            continue
        change = delta(look(check, copy, trees.base), look(check, copy, whole(trees)))
        if change and not change.new and set(case.targets) <= set(map(bench.clean, change.fixed)):
            return None
    return f"not said any more: {case.targets[0]}"
