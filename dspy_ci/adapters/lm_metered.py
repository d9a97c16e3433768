"""A model with a purse: what could cost more than is left is not asked at all, and everything is counted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import NamedTuple

from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import LM, Answer, Ask, Usage

_SHORTEST = 64
"""Tokens below which an answer is not worth asking for."""


class Price(NamedTuple):
    """US dollars for a million tokens."""

    prompt: float
    completion: float

    def of(self, prompt: int, completion: int) -> float:
        """What so many tokens cost."""
        return (prompt * self.prompt + completion * self.completion) / 1e6


@dataclass(slots=True)
class Metered:
    """See LM for the contract.

    Before a question is sent, the most that it can cost is put aside; afterwards what it did cost is taken instead.
    An answer that came to nothing, but for which the server worked, costs what was put aside.
    """

    lm: LM
    max_tokens: int | None = None
    """For the whole run, questions and answers together."""
    max_cost: float | None = None
    """US dollars for the whole run."""
    price: Price | None = None
    """None when nobody knows it."""
    used: Usage = field(default_factory=Usage)
    _aside: Usage = field(default_factory=Usage)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def name(self) -> str:
        """See LM."""
        return self.lm.name

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        aside, limit = self._put_aside(ask)
        try:
            answer = self.lm.ask(replace(ask, max_tokens=limit))
        except ModelError as error:
            self._settle(aside, self._of_failure(error, aside))
            raise
        priced = replace(answer.usage, cost=self._cost(answer.usage.prompt, answer.usage.completion))
        self._settle(aside, priced)
        return replace(answer, usage=priced)

    def check(self) -> None:
        """See LM."""
        if self.max_cost is not None and self.price is None:
            raise self._no_price()
        self.lm.check()

    def _put_aside(self, ask: Ask) -> tuple[Usage, int]:
        """The most that the question can cost, and the longest answer that is still affordable."""
        if self.max_cost is not None and self.price is None:
            raise self._no_price()
        with self._lock:
            taken = self.used + self._aside
            limit = min(ask.max_tokens, *self._affordable(ask.most, taken))
            if limit < min(_SHORTEST, ask.max_tokens):
                raise self._spent()
            aside = Usage(0, 1, ask.most, limit, self._cost(ask.most, limit))
            self._aside += aside
            return aside, limit

    def _affordable(self, prompt: int, taken: Usage) -> list[int]:
        """How long the answer may be, by each of the two limits."""
        found = [1 << 30]
        if self.max_tokens is not None:
            found.append(self.max_tokens - taken.tokens - prompt)
        if self.max_cost is not None and self.price:
            left = self.max_cost - taken.cost - self.price.of(prompt, 0)
            each = self.price.completion / 1e6
            found.append((1 << 30 if left >= 0 else -1) if each == 0 else int(left / each + 1e-9))
        return found

    def _settle(self, aside: Usage, used: Usage) -> None:
        with self._lock:
            self.used += used
            self._aside += Usage(0, -aside.requests, -aside.prompt, -aside.completion, -aside.cost)

    def _of_failure(self, error: ModelError, aside: Usage) -> Usage:
        if error.spent:
            return aside
        return Usage(0, error.kind not in {"unreachable", "offline"})

    def _cost(self, prompt: int, completion: int) -> float:
        return self.price.of(prompt, completion) if self.price else 0.0

    def _spent(self) -> ModelError:
        limits = [f"{self.max_tokens} tokens"] if self.max_tokens is not None else []
        limits += [f"{self.max_cost:g} dollars"] if self.max_cost is not None else []
        spent = f"{self.used.tokens} tokens" + (f" and {self.used.cost:.4f} dollars" if self.price else "")
        return ModelError(
            "budget", f"the next question could exceed the limit of {' and '.join(limits)}; {spent} are spent",
            hint="--max-tokens and --max-cost",
        )  # fmt: skip

    def _no_price(self) -> ModelError:
        return ModelError(
            "budget", f"--max-cost cannot be kept: nobody told what {self.lm.name} costs",
            hint="--price 0.15/0.60 is dollars for a million tokens of questions and of answers",
        )  # fmt: skip
