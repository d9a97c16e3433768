"""Plausible patches compared by what they do: those that agree stand together, the most trusted group first.

Passing the tests is not proof enough: a guess passes them too. So the patches answer the calls of the tests, those of
the docstring and variations of both; a patch that contradicts the docstring comes last, and one whose rivals answer
otherwise is called unsafe, with the call on which they differ. The nearest changes to the leading patches are rivals
too: what the tests cannot tell from its neighbours is a guess.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from dspy_ci.codebase.functions import Function, function_at, functions
from dspy_ci.codebase.scopes import annotated
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Copy
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.trials.bypass import bypassed
from dspy_ci.trials.calls import Answer, Call, calls
from dspy_ci.trials.comparing import compared
from dspy_ci.trials.jury import Jury
from dspy_ci.trials.neighbours import survivors
from dspy_ci.trials.trust import Standing, plausibility, safe
from dspy_ci.trials.witnesses import witnessed

_MOST = 24
_LEADERS = 2
"""How many groups have the neighbours of their best patch tried."""
_TRACED, _EACH = 4, 2
"""Of so many groups so many patches are traced, to see whether they go around code."""
_CREDIT = 0.3
"""What is left of the credit of a patch that does."""
_SHORTEST, _SECONDS = 2.0, 6.0
"""For one round of questions, or one of neighbours."""
_TYPES = {
    "number": {"int", "float", "complex", "Decimal", "bool"}, "text": {"str"}, "flag": {"bool"}, "list": {"list"},
    "dict": {"dict"}, "set": {"set", "frozenset"}, "tuple": {"tuple"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Patches that gave the same answers."""

    patches: tuple[Patch, ...]
    answers: tuple[Answer, ...]
    contradictions: int
    """How many docstring examples and type hints the answers break."""
    tried: int = 0
    """How many neighbours of the best patch were tried."""
    open: int = 0
    """How many of them pass all tests and answer otherwise."""

    around: frozenset[Patch] = frozenset()
    """Those of the patches that go around code."""

    @property
    def weight(self) -> float:
        """What the patches weigh together; one good reason outweighs many poor ones, for many ways lead to nothing."""
        shares = [plausibility(patch) * (_CREDIT if patch in self.around else 1.0) for patch in self.patches]
        return sum(share**2 / place for place, share in enumerate(sorted(shares, reverse=True), 1))

    @property
    def ordered(self) -> list[Patch]:
        """The patches, the one that speaks for the group first."""
        return sorted(self.patches, key=lambda patch: (patch in self.around, _promise(patch)))

    @property
    def best(self) -> Patch:
        """The patch that speaks for the group."""
        return self.ordered[0]


@dataclass(frozen=True, slots=True)
class Court:
    """Where and on what patches are compared."""

    evidence: Evidence
    jury: Jury
    copy: Copy
    seed: int = 0
    until: float = inf
    """On the monotonic clock: when the comparison must come to its end."""

    @property
    def seconds(self) -> float:
        """For the next round of questions, or of neighbours."""
        return min(_SECONDS, max(_SHORTEST, self.until - time.monotonic()))

    @property
    def is_late(self) -> bool:
        """Whether there is no time for more than the first round."""
        return time.monotonic() >= self.until


@dataclass(frozen=True, slots=True)
class Hearing:
    """The questions, and what each patch answered to them."""

    asked: tuple[Call, ...]
    answers: Mapping[Patch, tuple[Answer, ...]]


def settled(patches: Sequence[Patch], court: Court) -> tuple[Patch, ...]:
    """The patches, best first, each marked safe or not; in order of promise where they cannot be compared."""
    ordered = sorted(patches, key=_promise)
    chosen = ordered[:_MOST]
    if not chosen:
        return ()
    function = _function(chosen[0])
    hearing = _heard(chosen, function, court)
    groups = _groups(chosen, hearing, function)
    around = _around(groups, court)
    groups = [replace(group, around=frozenset(around).intersection(group.patches)) for group in groups]
    if hearing.answers and not court.is_late:
        groups = _challenged(sorted(groups, key=_rank), function, court)
    return (*_marked(groups, hearing, around), *ordered[_MOST:])


def _around(groups: Sequence[Group], court: Court) -> dict[Patch, int]:
    """How many lines idle with those of the first patches that go around code."""
    asked = [patch for group in groups[:_TRACED] for patch in sorted(group.patches, key=_promise)[:_EACH]]
    found = {}
    for patch in asked:
        if patch.origin.startswith("template:") and not court.is_late:
            found[patch] = len(bypassed(patch, court.evidence, court.jury, court.copy))
    return {patch: count for patch, count in found.items() if count}


def _promise(patch: Patch) -> tuple[float, int, object]:
    return -plausibility(patch), patch.size, patch.edits


def _function(patch: Patch) -> Function | None:
    """The function that a patch changes first; what it imports for that aside."""
    for edit in sorted(patch.edits):
        tree, text = patch.base.tree(edit.path), patch.base.text(edit.path)
        if tree is None or text is None:
            return None
        found = function_at(functions(edit.path, tree), text.count("\n", 0, edit.start) + 1)
        if found and found.name:
            return found
    return None


def _heard(patches: Sequence[Patch], function: Function | None, court: Court) -> Hearing:
    """Both kinds of questions put together; who does not answer both kinds is left out."""
    written = calls(function, patches[0].base, court.evidence.test_paths, court.seed) if function else ()
    said = compared(patches, function, written, court.copy, court.jury.run.python) if function and written else {}
    recorded, shown = witnessed(patches, court.evidence, court.jury, court.copy, seed=court.seed, seconds=court.seconds)
    if not shown:
        return Hearing(written, said)
    if not said:
        return Hearing(recorded, shown)
    return Hearing((*written, *recorded), {patch: (*said[patch], *shown[patch]) for patch in said if patch in shown})


def _groups(patches: Sequence[Patch], hearing: Hearing, function: Function | None) -> list[Group]:
    """Groups in the order of trust: fewest contradictions, then most weight."""
    telling = _telling(hearing.answers)
    alike: dict[tuple[Answer, ...], list[Patch]] = {}
    for patch in patches:
        said = hearing.answers.get(patch, ())
        alike.setdefault(tuple(said[at] for at in telling) if said else (), []).append(patch)
    groups = []
    for own in alike.values():
        said = hearing.answers.get(own[0], ())
        groups.append(Group(tuple(own), said, _contradictions(said, hearing.asked, function)))
    return sorted(groups, key=_rank)


def _rank(group: Group) -> tuple[bool, int, float]:
    held = 1.0 - group.open / group.tried if group.tried else 0.7
    return not group.answers, group.contradictions, -group.weight * (0.2 + held) ** 2


def _telling(answers: Mapping[Patch, tuple[Answer, ...]]) -> list[int]:
    """The calls to which most of the weight has an answer: what makes sense to few says nothing about the rest."""
    total = sum(plausibility(patch) for patch in answers)
    size = min(map(len, answers.values()), default=0)
    raised = [sum(plausibility(patch) for patch, said in answers.items() if said[at][0] == "!") for at in range(size)]
    return [at for at in range(size) if raised[at] <= total / 2]


def _challenged(groups: Sequence[Group], function: Function | None, court: Court) -> list[Group]:
    """The leading groups, with how many neighbours of their best patch the tests cannot tell from it."""
    leading = [group for group in groups if group.answers][:_LEADERS]
    found = {group: survivors(group.best, court.jury, court.copy, court.seconds) for group in leading}
    passed = [patch for _, alive in found.values() for patch in alive]
    bests = [group.best for group in leading]
    hearing = _heard(list(dict.fromkeys([*bests, *passed])), function, court) if passed else Hearing((), {})
    telling = _telling({patch: hearing.answers[patch] for patch in bests if patch in hearing.answers})
    judged = []
    for group in groups:
        tried, alive = found.get(group, (0, ()))
        other = sum(_differ(hearing.answers, group.best, patch, telling) for patch in alive)
        judged.append(replace(group, tried=tried, open=other))
    return sorted(judged, key=_rank)


def _differ(
    answers: Mapping[Patch, tuple[Answer, ...]], one: Patch, other: Patch, telling: Sequence[int]
) -> bool:  # fmt: skip
    mine, yours = answers.get(one), answers.get(other)
    return not mine or not yours or any(mine[at] != yours[at] for at in telling)


def _contradictions(said: Sequence[Answer], asked: Sequence[Call], function: Function | None) -> int:
    shown = sum(
        call.expected is not None and call.expected != text for call, (_, text) in zip(asked, said, strict=False)
    )
    returns = getattr(function.node, "returns", None) if function else None
    allowed = _TYPES.get(annotated(returns) or "")
    wrong = sum(kind not in {*allowed, "!"} for kind, _ in said) if allowed else 0
    return 10 * shown + min(wrong, 5)


def _marked(groups: Sequence[Group], hearing: Hearing, around: Mapping[Patch, int]) -> list[Patch]:
    total = sum(group.weight for group in groups)
    telling = _telling(hearing.answers)
    agreed = sum(call.expected is not None for call in hearing.asked)
    found = []
    for group in groups:
        standing = Standing(
            share=group.weight / total if total else 0.0,
            questions=len(telling) if group.answers else 0,
            examples=agreed if group.answers and not group.contradictions else 0,
            contradictions=group.contradictions,
            tried=group.tried,
            open=group.open,
        )
        rival = next((other for other in groups if other is not group and other.answers), None)
        difference = _difference(group, rival, hearing.asked) if rival and group.answers else ""
        for patch in group.ordered:
            sure = safe(patch, standing) and patch not in around
            doubts = [] if sure else [text for text in (_idling(around.get(patch, 0)), difference) if text]
            found.append(replace(patch, safe=sure, rationale=" ".join((patch.rationale, *doubts))))
    return found


def _idling(count: int) -> str:
    if not count:
        return ""
    lines = "1 line idles" if count == 1 else f"{count} lines idle"
    return f"With it {lines} that passing tests ran before: it may go around the fault."


def _difference(group: Group, rival: Group, asked: Sequence[Call]) -> str:
    """The simplest call on which two groups differ."""
    pairs = zip(asked, group.answers, rival.answers, strict=False)
    found = [(len(call.code), call.code, mine[1], yours[1]) for call, mine, yours in pairs if mine != yours]
    if not found:
        return ""
    _, code, mine, yours = min(found)
    return f"Another patch that passes differs: `{code}` gives {_shown(mine)} here and {_shown(yours)} there."


def _shown(text: str) -> str:
    """An answer without the mark of what it did to its arguments."""
    return text.partition(" #")[0][:60]
