"""A model whose answers are kept: the same question to the same model at the same server is sent once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from threading import Lock

from dspy_ci.ports.lm import LM, Answer, Ask, Usage
from dspy_ci.ports.memory import Memory

_VERSION = 1


@dataclass(slots=True)
class Cached:
    """See LM for the contract. Refusals are never kept, and what is kept costs nothing."""

    lm: LM
    memory: Memory
    where: str
    """What tells this server from others: two of them may call different models by one name."""
    hits: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def name(self) -> str:
        """See LM."""
        return self.lm.name

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        key = self._key(ask)
        if (kept := _text(self.memory.recall(key))) is not None:
            with self._lock:
                self.hits += 1
            return Answer(kept, Usage(1, cached=1))
        answer = self.lm.ask(ask)
        self.memory.keep(key, json.dumps({"text": answer.text}))
        return answer

    def check(self) -> None:
        """See LM."""
        self.lm.check()

    def _key(self, ask: Ask) -> str:
        facts = json.dumps([_VERSION, self.where, asdict(ask)], sort_keys=True, default=str)
        return hashlib.sha256(facts.encode()).hexdigest()


def _text(kept: str | None) -> str | None:
    """The answer in what was kept; None when it is damaged."""
    try:
        text = json.loads(kept or "null")["text"]
    except (ValueError, TypeError, KeyError):
        return None
    return text if isinstance(text, str) and text.strip() else None
