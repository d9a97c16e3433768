"""A model that is asked again where that helps: bounded, and never when waiting is all there was."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import LM, Answer, Ask

_AGAIN: Mapping[str, int] = {"rate": 2, "server": 2, "cut": 1}
"""How often one question is repeated after which trouble; what is not here is final."""
_LONGEST = 20.0
"""Seconds that a server may tell us to wait; longer means no."""


@dataclass(frozen=True, slots=True)
class Patient:
    """See LM for the contract."""

    lm: LM
    sleep: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        """See LM."""
        return self.lm.name

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        tried = 0
        while True:
            try:
                return self.lm.ask(ask)
            except ModelError as error:
                wait = error.wait if error.wait is not None else 0.5 * 2**tried
                if tried >= _AGAIN.get(error.kind, 0) or wait > _LONGEST:
                    raise
            tried += 1
            self.sleep(wait)

    def check(self) -> None:
        """See LM."""
        self.lm.check()
