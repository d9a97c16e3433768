"""Watches a training: counts what goes wrong without a word, and ends it when its budget would be burnt for nothing."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from dspy_ci.errors import ModelError
from dspy_ci.learn.grade import Grade
from dspy_ci.ports.lm import LM, Answer, Ask

_PATIENCE = 5
"""Questions in a row without an answer."""
_SHARE = 0.5
"""The share of all questions that may stay without an answer, once there were enough of them."""
_ENOUGH = 12
_DEADLY = frozenset({"auth", "missing", "billing", "budget", "offline", "redirect"})
"""Trouble that the next question will have as well."""


@dataclass(slots=True)
class Watched:
    """A model whose failures are counted; once there is no hope it is not asked any more. See LM for the contract."""

    lm: LM
    asked: int = 0
    failed: int = 0
    in_a_row: int = 0
    trouble: str | None = None
    """Why the training must end."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """See LM."""
        return self.lm.name

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        if self.trouble:
            raise ModelError("offline", self.trouble)
        try:
            answer = self.lm.ask(ask)
        except ModelError as error:
            self._count(error)
            raise
        self._count(None)
        return answer

    def check(self) -> None:
        """See LM."""
        self.lm.check()

    def _count(self, error: ModelError | None) -> None:
        with self._lock:
            self.asked += 1
            self.failed += error is not None
            self.in_a_row = self.in_a_row + 1 if error else 0
            if error and (
                error.kind in _DEADLY
                or self.in_a_row >= _PATIENCE
                or (self.asked >= _ENOUGH and self.failed > _SHARE * self.asked)
            ):
                self.trouble = f"the model failed {self.failed} of {self.asked} times, at last with: {error}"


@dataclass(slots=True)
class Memo:
    """Grades each answer to each example once; an exception in a metric is our fault and ends the training."""

    grades: dict[tuple[str, str], Grade] = field(default_factory=dict)
    hits: int = 0
    trouble: str | None = None

    def grade(self, example: str, text: str, grading: Callable[[str], Grade]) -> Grade:
        """The grade, remembered."""
        key = (example, hashlib.sha256(text.encode(errors="replace")).hexdigest())
        if key in self.grades:
            self.hits += 1
            return self.grades[key]
        try:
            self.grades[key] = grading(text)
        except Exception as error:
            self.trouble = self.trouble or f"the metric fails on {example}: {error!r}"
            raise
        return self.grades[key]
