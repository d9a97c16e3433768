"""Which cases are learnt from, which choose between candidates, and which nobody sees before the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from dspy_ci.learn.case import Case

Part = Literal["train", "validation", "heldout"]
PARTS: tuple[Part, ...] = ("train", "validation", "heldout")
_SHARES = (0.6, 0.8)
"""Where validation begins, and where what is held out begins."""


def split(cases: Iterable[Case]) -> Mapping[Part, tuple[Case, ...]]:
    """By time, the newest held out; cases of one commit stay together. What was planted has no time: by its digest."""
    known = sorted(cases, key=lambda case: (case.proposal.commit.time, case.id))
    found: dict[Part, list[Case]] = {part: [] for part in PARTS}
    grown = [case for case in known if not case.proposal.planted]
    made = sorted((case for case in known if case.proposal.planted), key=lambda case: case.id[::-1])
    for ordered in (grown, made):
        groups = list(dict.fromkeys(_group(case) for case in ordered))
        place = {group: _part(number, len(groups)) for number, group in enumerate(groups)}
        for case in ordered:
            found[place[_group(case)]].append(case)
    return {part: tuple(own) for part, own in found.items()}


def _group(case: Case) -> str:
    """Planted ones by function, all others by commit: what is learnt of one must not be asked of its twin."""
    return ",".join(case.functions) or case.id if case.proposal.planted else case.proposal.commit.id


def _part(number: int, size: int) -> Part:
    share = (number + 0.5) / size
    return "train" if share < _SHARES[0] else "validation" if share < _SHARES[1] else "heldout"


def sizes(parts: Mapping[Part, Sequence[Case]]) -> str:
    """The split in words."""
    return ", ".join(f"{len(parts[part])} {part}" for part in PARTS)
