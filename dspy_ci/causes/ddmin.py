"""Delta debugging as Zeller and Hildebrandt wrote it down: the last resort, and what the search is measured against."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def ddmin(items: Sequence[Item], red: Callable[[Sequence[Item]], bool]) -> tuple[Item, ...]:
    """A selection that is red and of which no single item can be left out; the whole of the items must be red."""
    kept, parts = tuple(items), 2
    if not kept or red(()):
        return ()
    while len(kept) > 1:
        slices = _slices(kept, parts)
        smaller = next((one for one in slices if red(one)), None)
        if smaller is not None:
            kept, parts = smaller, 2
            continue
        others = [tuple(item for item in kept if item not in one) for one in slices] if parts > 2 else []
        smaller = next((other for other in others if red(other)), None)
        if smaller is not None:
            kept, parts = smaller, max(parts - 1, 2)
        elif parts < len(kept):
            parts = min(len(kept), 2 * parts)
        else:
            break
    return kept


def _slices(items: tuple[Item, ...], parts: int) -> list[tuple[Item, ...]]:
    """As many parts of about the same size."""
    bounds = [len(items) * number // parts for number in range(parts + 1)]
    return [items[start:end] for start, end in itertools.pairwise(bounds)]
