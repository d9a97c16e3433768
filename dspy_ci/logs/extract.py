"""The part of a log that is worth reading, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dspy_ci.logs.keeping import Kept
from dspy_ci.logs.tokens import tokens

WIDEST = 600
"""Characters shown of one line."""
_HEADING = 14
"""Tokens that the heading of a window takes."""

Step = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Extract:
    """Windows of a log, each under a heading with its line numbers."""

    text: str
    tokens: int
    shown: int
    """Lines of the log in the text."""
    total: int
    """Lines of the log."""

    @property
    def left_out(self) -> int:
        """Lines of the log that are not in the text."""
        return self.total - self.shown


def extract(
    lines: Sequence[Kept],
    *,
    total: int,
    budget: int,
    failing: Collection[Step] = (),
    clean: Callable[[str], str] = str,
) -> Extract:
    """The heaviest lines that fit, in the order of the log; of steps that did not fail only what weighs most.

    `failing` are the (job, step) pairs that failed, where known; `clean` takes secrets out of a line.
    """
    chosen = _chosen(lines, total, budget, failing)
    text = clean("\n".join(_windows(chosen)))
    while chosen and tokens(text) > budget:
        lightest = min(chosen, key=lambda kept: kept.weight)
        chosen = [kept for kept in chosen if kept is not lightest]
        text = clean("\n".join(_windows(chosen)))
    return Extract(text, tokens(text), len(chosen), total)


def _chosen(lines: Sequence[Kept], total: int, budget: int, failing: Collection[Step]) -> list[Kept]:
    jobs = {job for job, _ in failing}

    def weight(kept: Kept) -> float:
        elsewhere = kept.job in jobs and kept.step is not None and (kept.job, kept.step) not in failing
        return kept.weight - 80 * elsewhere + 8 * (kept.number > total * 0.9)

    left, taken = budget - _HEADING, dict[int, Kept]()
    for kept in sorted(lines, key=lambda kept: (-weight(kept), kept.number)):
        if left < _HEADING:
            break
        if not kept.text.strip() or weight(kept) <= 0:
            continue
        alone = not ({kept.number - 1, kept.number + 1} & taken.keys())
        cost = tokens(kept.text[:WIDEST]) + 1 + _HEADING * alone
        if cost <= left:
            left -= cost
            taken[kept.number] = kept._replace(weight=weight(kept))
    return [taken[number] for number in sorted(taken)]


def _windows(chosen: Iterable[Kept]) -> Iterator[str]:
    """The chosen lines; where some are left out or a step begins, a heading."""
    last: Kept | None = None
    run: list[Kept] = []
    for kept in chosen:
        if last and (kept.number > last.number + 2 or kept.step != last.step):
            yield from _window(run)
            run = []
        run.append(kept)
        last = kept
    if run:
        yield from _window(run)


def _window(run: Sequence[Kept]) -> Iterator[str]:
    where = f" of {run[0].step}" if run[0].step else ""
    yield f"[lines {run[0].number}-{run[-1].number}{where}]"
    for kept in run:
        yield kept.text if len(kept.text) <= WIDEST else f"{kept.text[: WIDEST - 100]} ... {kept.text[-90:]}"
