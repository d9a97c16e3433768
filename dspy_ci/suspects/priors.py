"""What was learnt of the bugs of one repository: factors on how promising a change is, by what can be said of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

SCHEMA = "dspy-ci/priors/1"
LOWEST, HIGHEST = 0.05, 20.0
"""No single thing that was learnt, and not all of it together, may weigh less or more."""
_LARGEST = 1_000_000
_MOST = 5_000
_KEYS = frozenset({"schema", "factors", "cases", "dataset", "heldout", "suggestions"})
_SHAPES = ("family:", "change:", "exact:", "statement:", "file:", "fixer:", "evidence:")
EVIDENCE = "evidence:"
"""Before the name of a kind of evidence: its factor weighs suspects, not changes."""
STEADY = 4.0
"""No kind of evidence may weigh more than so many times what it weighs as shipped, nor less than that part of it."""


@dataclass(frozen=True, slots=True)
class Priors:
    """Factors by feature; what is not named counts as before."""

    factors: Mapping[str, float] = field(default_factory=dict)

    @property
    def most(self) -> float:
        """What no features can surpass, nor fall below 1."""
        tops: dict[str, float] = {}
        for name, factor in self.factors.items():
            if name.startswith(EVIDENCE):
                continue
            level = name.partition(":")[0]
            tops[level] = max(factor, tops.get(level, 1.0))
        return min(HIGHEST, math.prod(tops.values()))

    def trust(self, kind: str) -> float:
        """What a kind of evidence weighs beside what it weighs as shipped."""
        return self.factors.get(f"{EVIDENCE}{kind}", 1.0)

    def weight(self, features: Iterable[str]) -> float:
        """What the features say together."""
        if not self.factors:
            return 1.0
        product = math.prod(self.factors.get(name, 1.0) for name in features)
        return min(HIGHEST, max(LOWEST, product))


SHIPPED = Priors()
"""Nothing was learnt: the tables that we ship."""


def read_priors(text: str) -> Priors:
    """The factors of a promoted file. Raises ValueError, with a sentence, when it is anything but one of ours."""
    if len(text) > _LARGEST:
        raise ValueError("the file is too large to be one of ours")
    try:
        record = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the file is no JSON: {error}") from None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise ValueError(f"the file is not of the form {SCHEMA}")
    if unknown := sorted(record.keys() - _KEYS):
        raise ValueError(f"the file holds {unknown[0]!r}, which nobody knows")
    factors = record.get("factors")
    if not isinstance(factors, dict) or len(factors) > _MOST:
        raise ValueError("its factors are no table of a sensible size")
    return Priors({name: _factor(name, value) for name, value in factors.items()})


def _factor(name: str, value: object) -> float:
    number = value.get("factor") if isinstance(value, dict) else None
    if not name.startswith(_SHAPES) or isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueError(f"{name[:80]!r} is no factor")
    lowest, highest = (1 / STEADY, STEADY) if name.startswith(EVIDENCE) else (LOWEST, HIGHEST)
    if not lowest <= number <= highest:  # not a number is neither
        raise ValueError(f"the factor of {name[:80]!r} is out of bounds")
    return float(number)


_CODE = re.compile(r"`[^`]*`")
_TOKEN = re.compile(r"(?P<text>[\"'].*?[\"'])|(?P<number>\d[\d._]*)|(?P<name>[A-Za-z_]\w*)|\s+|.")
_KEPT = frozenset({
    "and", "or", "not", "in", "is", "None", "True", "False", "if", "else", "for", "return", "len", "range", "min",
    "max", "sorted", "reversed", "abs", "int", "str", "float", "list", "set", "tuple", "dict", "sum", "any", "all",
    "enumerate", "zip", "lambda", "await", "copy", "get", "self",
})  # fmt: skip


@lru_cache(maxsize=20_000)
def shape(why: str) -> str:
    """The sentence about a change without the names that only one place has: two habits of one kind read the same."""
    return _CODE.sub(lambda match: f"`{_general(match[0][1:-1])}`", why)


def _general(code: str) -> str:
    parts = []
    for match in _TOKEN.finditer(code):
        if match["text"]:
            parts.append("'s'")
        elif match["number"]:
            parts.append(match[0] if match[0] in {"0", "1", "2"} else "9")
        elif match["name"]:
            parts.append(match[0] if match[0] in _KEPT else "x")
        else:
            parts.append(match[0])
    return re.sub(r"x(?:\.x)+", "x", "".join(parts))
