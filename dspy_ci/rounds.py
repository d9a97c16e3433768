"""An author as the last source of patches: it writes, we place and judge, and tell it what went wrong, round by round.

Nothing that it writes is trusted: an answer becomes an offer by the same policy, the same tests and the same judge as
any other patch, and by one rule more: what looks bent to the tests is refused, not only marked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dspy_ci.codebase.snapshot import Snapshot
from dspy_ci.errors import ModelError
from dspy_ci.logs.tokens import tokens
from dspy_ci.patches.applier import Unapplied, applied
from dspy_ci.patches.closest import closest
from dspy_ci.patches.patch import Patch
from dspy_ci.patches.policy import NO_PERMIT, Permit, marks, refusals
from dspy_ci.ports.author import Author, Brief
from dspy_ci.ports.sandbox import Copy, TestRun
from dspy_ci.ports.trial import observe
from dspy_ci.reports.fix import Offer
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.trials import rivals
from dspy_ci.trials.bent import Lab, bent
from dspy_ci.trials.jury import Jury
from dspy_ci.trials.rivals import settled
from dspy_ci.verdicts.baseline import Baseline
from dspy_ci.verdicts.judge import judge, unharmed
from dspy_ci.verdicts.verdict import State

_PASSING = frozenset({"truncated", "empty", "garbage", "cut"})
"""Trouble with one answer; every other trouble is one of the model, and ends the asking."""
_FEEDBACK = 1500
"""Tokens of feedback that a brief carries."""
_GENERAL = "a change must be right for every input, not only for those of the tests"
_TAIL = 25
"""Lines of a failing test that are told."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked, and how much."""

    author: Author
    samples: int = 2
    """Answers in each round, all of them judged."""
    rounds: int = 3
    seconds: float = 60.0
    """When these are spent, no other answer is asked for."""
    prompt_tokens: int = 6000
    rationale: Callable[[str], str] = str
    """Why a change is right, by what an answer says."""
    origin: str = "model"
    """Where reports say that the patches come from."""
    record: Callable[[Mapping[str, object]], None] = lambda _: None
    """Keeps the trajectory: what was asked, answered and found wrong."""


@dataclass(frozen=True)
class Court:
    """Where answers are judged."""

    code: Snapshot
    base: Baseline
    copy: Copy
    tier: str = "?"
    commit: str | None = None
    permit: Permit = NO_PERMIT
    clean: Callable[[str], str] = str
    """Takes secrets out of what tests print."""
    mends: bool = True
    """Whether something red shall become green; else a change only must do no harm."""
    only: frozenset[str] = frozenset()
    """The files that may be changed; empty for all that the policy leaves open."""
    seed: int = 0


class Answered(NamedTuple):
    """One answer was judged, or there was none."""

    number: int
    said: str
    """What became of it, in a sentence."""
    offer: Offer | None = None


@dataclass(slots=True)
class Outcome:
    """What the asking came to."""

    offers: tuple[Offer, ...] = ()
    """Best first."""
    trouble: ModelError | None = None
    """Why the author was not asked on."""
    answers: int = 0
    """How many answers came."""
    notes: tuple[str, ...] = ()
    """What was found wrong with answers, the last round only."""
    seen: dict[str, str] = field(default_factory=dict)
    """What became of each patch, by its id."""


def asked(brief: Brief, asking: Asking, court: Court) -> Iterator[Answered | Outcome]:
    """Ask until an answer holds, the rounds are over, the time is spent or the author fails; the outcome comes last."""
    outcome, started = Outcome(), time.monotonic()
    for number in range(asking.rounds):
        found: list[Answered] = []
        for sample in range(asking.samples):
            if time.monotonic() - started > asking.seconds or outcome.trouble:
                break
            answered = _one(brief, number * asking.samples + sample, asking, court, outcome)
            found.append(answered)
            yield answered
        offers = [answered.offer for answered in found if answered.offer]
        outcome.offers = _ordered([*outcome.offers, *offers], court)
        outcome.notes = tuple(dict.fromkeys(answered.said for answered in found)) or outcome.notes
        if not found or outcome.trouble or any(holds(offer, court) for offer in outcome.offers):
            break
        brief = brief._replace(feedback=_told(found))
    yield outcome


def _one(brief: Brief, number: int, asking: Asking, court: Court, outcome: Outcome) -> Answered:
    """Ask once, judge the answer, and keep the record of it whatever happens."""
    event: dict[str, object] = {"number": number, "brief": brief._asdict()}
    try:
        text = asking.author.write(brief, number)
        event["answer"] = text
        outcome.answers += 1
        answered = _judged(text, number, asking, court, outcome)
        event |= {"said": answered.said, "offered": bool(answered.offer)}
    except ModelError as error:
        event |= {"trouble": error.kind, "said": str(error)}
        if error.kind not in _PASSING:
            outcome.trouble = error
        answered = Answered(number, f"no answer: {error}")
    finally:
        asking.record(event)
    return answered


def _judged(text: str, number: int, asking: Asking, court: Court, outcome: Outcome) -> Answered:
    patch = applied(text, court.code, origin=asking.origin, rationale=asking.rationale(text))
    if isinstance(patch, Unapplied):
        near = closest(text, patch.path, court.code) if patch.word == "no-place" and patch.path else ""
        return Answered(number, f"not taken over: {patch.sentence}" + (f"; {near}" if near else ""))
    if patch.id in outcome.seen:
        return Answered(number, f"the same as before, and {outcome.seen[patch.id]}")
    answered = _weighed(patch, number, court)
    outcome.seen[patch.id] = answered.said
    return answered


def _weighed(patch: Patch, number: int, court: Court) -> Answered:
    if objection := next(_objections(patch, court), None):
        return Answered(number, objection)
    verdict = (judge if court.mends else unharmed)(
        patch, court.base, court.copy, tier=court.tier, commit=court.commit, permit=court.permit
    )
    if verdict.state is State.REJECTED:
        return Answered(number, f"refused: {verdict.reason}")
    return Answered(number, verdict.reason, Offer(patch, verdict))


def _objections(patch: Patch, court: Court) -> Iterator[str]:
    """What speaks against a patch before it is judged in full, in words that help to write a better one."""
    yield from (refusal.sentence for refusal in refusals(patch, court.permit))
    if court.only and (others := sorted(patch.sources.keys() - court.only)):
        yield f"refused: only {', '.join(sorted(court.only))} may be changed, not {', '.join(others)}"
    if not court.mends:
        return
    for mark in marks(patch):
        if mark.rule != "input-literal":  # what that means is found out by asking
            yield f"refused: {mark.sentence}; {_GENERAL}"
    yield from _still_red(patch, court)
    yield from _bent(patch, court)


def _bent(patch: Patch, court: Court) -> Iterator[str]:
    """Whether the patch only answers what the tests ask."""
    if isinstance(court.base.trial, TestRun):
        tests = _files(court.base.targets)
        if why := bent(patch, tests, Lab(court.copy, court.base.trial.python, court.seed)):
            yield f"refused: {why}; {_GENERAL}"
    else:
        yield from (f"refused: {mark.sentence}; {_GENERAL}" for mark in marks(patch))


def _files(ids: Collection[str]) -> tuple[str, ...]:
    """The files of test ids."""
    return tuple(dict.fromkeys(name.partition("::")[0] for name in sorted(ids)))


def _still_red(patch: Patch, court: Court) -> Iterator[str]:
    """The first target that the patch leaves red, with what it prints."""
    targets = court.base.targets
    report = observe(court.base.trial, court.copy, patch.files, ids=targets)
    if report.problem:
        yield f"refused: with this change the tests cannot be run: {report.problem}"
    for name in sorted(targets - report.mended(targets)):
        result = report.results.get(name)
        printed = court.clean("\n".join((result.message if result else "").strip().splitlines()[-_TAIL:]))
        yield f"refused: with this change {name} is still red" + (f":\n{printed}" if printed else "")


def _told(found: Sequence[Answered]) -> str:
    """What the author hears about its answers, each thing once, within a budget."""
    parts, left = [], _FEEDBACK
    for said in dict.fromkeys(answered.said for answered in found):
        cost = tokens(said)
        if cost <= left:
            parts.append(f"- {said}")
            left -= cost
    return "\n".join(parts)


def holds(offer: Offer, court: Court) -> bool:
    """Whether an offer is as good as it can be."""
    return offer.verdict.verified or not court.mends


def _rivalry(court: Court, run: TestRun) -> rivals.Court:
    """Where answers that were verified are compared with each other."""
    targets = tuple(sorted(court.base.targets))
    jury = Jury(run, targets, tuple(sorted(court.base.passing)), quick=True, errors={})
    return rivals.Court(Evidence(court.code, (), red=court.base.targets), jury, court.copy, court.seed)


def _ordered(offers: Sequence[Offer], court: Court) -> tuple[Offer, ...]:
    """Verified ones first; among those, what others agree with, then what is small. No change of a model is safe."""
    verified = [offer for offer in offers if offer.verdict.verified]
    places: dict[str, int] = {}
    if len(verified) > 1 and isinstance(court.base.trial, TestRun):
        weighed = [replace(offer.patch, weight=1 / (1 + offer.patch.size)) for offer in verified]
        best = settled(weighed, _rivalry(court, court.base.trial))
        places = {patch.id: place for place, patch in enumerate(best)}

    def order(offer: Offer) -> tuple[bool, int, int, str]:
        patch = offer.patch
        return not offer.verdict.verified, places.get(patch.id, 0), patch.size, patch.id

    return tuple(sorted(offers, key=order))
