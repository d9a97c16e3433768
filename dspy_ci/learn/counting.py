"""Priors by counting: how often a kind of change was the cure, against how often the shipped order expected it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dspy_ci.learn.scene import Scene
from dspy_ci.patches.candidates import described
from dspy_ci.patches.fixers.table import fixes
from dspy_ci.patches.patch import Patch
from dspy_ci.suspects.evidence import Evidence
from dspy_ci.suspects.priors import HIGHEST, LOWEST, SCHEMA, Priors
from dspy_ci.suspects.suspect import Suspect

_LEVELS: Mapping[str, float] = {"file": 4.0, "statement": 2.0, "family": 1.0, "change": 0.5, "exact": 0.5}
"""From the coarse to the fine, each upon what the coarser ones explain; and how many cases of doubt are added."""
_FIXERS = 10.0
"""How much more than a template's a fixer's word counts in the search."""


class Option(NamedTuple):
    """One candidate of a case."""

    weight: float
    """Its share of the shipped weights."""
    features: tuple[str, ...]
    cure: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """The candidates of one case, at least one of which is the cure."""

    case: str
    options: tuple[Option, ...]
    trust: float = 1.0
    """What was planted teaches less than what people did."""


class Vote(NamedTuple):
    """What people said to a suggestion of ours."""

    features: tuple[str, ...]
    accepted: bool


_VOTE = 0.5
"""What a suggestion weighs beside a case. Half of them are expected to be taken: a taken one raises its kind by as much
as one that was turned down lowers it."""


class Count(NamedTuple):
    """What is known about one feature."""

    factor: float
    mended: float
    expected: float


def lesson(scene: Scene, trust: float = 1.0) -> Lesson | None:
    """What a case teaches; None when no candidate is its cure."""
    evidence = scene.search.evidence
    offered = list(_offered(evidence, scene.search.suspects))
    if not offered:
        return None
    total = sum(weight for _, weight, _ in offered)
    near = _near(scene)
    options = tuple(
        Option(weight / total, features, near(patch) and scene.is_cure(patch)) for patch, weight, features in offered
    )
    return Lesson(scene.case.id, options, trust) if any(option.cure for option in options) else None


def _offered(evidence: Evidence, suspects: Sequence[Suspect]) -> Iterator[tuple[Patch, float, tuple[str, ...]]]:
    """Every first candidate of the search with its shipped weight, and what can be learnt about it."""
    for patch in fixes(evidence):
        yield patch, patch.weight * _FIXERS, (f"fixer:{patch.origin.partition(':')[2]}",)
    for patch, features in described(evidence.snapshot, suspects):
        yield patch, patch.weight, features


def _near(scene: Scene) -> Callable[[Patch], bool]:
    """Whether a patch could be the cure at all, seen quickly: the same files, as many characters that count."""
    wanted = {path: _dense(data.decode("utf-8", "replace")) for path, data in scene.cure.items() if data is not None}
    code = {path for path in wanted if path.endswith(".py")}

    def near(patch: Patch) -> bool:
        texts = {path: source.text for path, source in patch.sources.items() if source}
        return texts.keys() == code and all(_dense(text) == wanted[path] for path, text in texts.items())

    return near


def _dense(text: str) -> str:
    return "".join(text.replace("(", "").replace(")", "").split())


def counted(lessons: Sequence[Lesson], votes: Sequence[Vote] = ()) -> dict[str, Count]:
    """Factors by feature: mended plus doubt, over expected plus doubt; level by level."""
    known: dict[str, Count] = {}
    for level, doubt in {"fixer": 1.0, **_LEVELS}.items():
        priors = Priors({name: count.factor for name, count in known.items()})
        mended, expected = _tallied(lessons, level, priors)
        for vote in votes:
            for name in vote.features:
                if name.startswith(f"{level}:"):
                    mended[name] += _VOTE * vote.accepted
                    expected[name] += _VOTE / 2
        for name in sorted(expected.keys() | mended.keys()):
            factor = (mended[name] + doubt) / (expected[name] + doubt)
            if mended[name] or abs(factor - 1) > 0.02:
                known[name] = Count(
                    min(HIGHEST, max(LOWEST, round(factor, 4))), round(mended[name], 3), round(expected[name], 3)
                )
    return known


def _tallied(
    lessons: Iterable[Lesson], level: str, priors: Priors
) -> tuple[defaultdict[str, float], defaultdict[str, float]]:
    mended: defaultdict[str, float] = defaultdict(float)
    expected: defaultdict[str, float] = defaultdict(float)
    for one in lessons:
        odds = [option.weight * priors.weight(option.features) for option in one.options]
        total, cures = sum(odds), sum(option.cure for option in one.options)
        for option, odd in zip(one.options, odds, strict=True):
            for name in option.features:
                if name.startswith(f"{level}:"):
                    expected[name] += one.trust * odd / total
                    mended[name] += one.trust * option.cure / cures
    return mended, expected


def place(one: Lesson, priors: Priors) -> int:
    """How many candidates are tried until the cure, when they come in the order of their weights."""
    ordered = sorted(one.options, key=lambda option: -option.weight * priors.weight(option.features))
    return next(number for number, option in enumerate(ordered, 1) if option.cure)


def priors_of(counts: Mapping[str, Count]) -> Priors:
    """The factors alone."""
    return Priors({name: count.factor for name, count in counts.items()})


def priors_text(counts: Mapping[str, Count], **about: Any) -> str:
    """The file that people read and `fix` picks up."""
    factors = {name: count._asdict() for name, count in sorted(counts.items())}
    return json.dumps({"schema": SCHEMA, **about, "factors": factors}, indent=1, ensure_ascii=True) + "\n"
