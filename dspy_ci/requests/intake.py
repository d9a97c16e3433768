"""What becomes of a delivery: it is checked, understood and put into the queue, or answered with the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dspy_ci.requests.gate import heard
from dspy_ci.requests.metrics import Metrics
from dspy_ci.requests.queue import Queue
from dspy_ci.requests.request import Ignored
from dspy_ci.requests.said import Broken, Said, said
from dspy_ci.requests.signature import signed

_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_EVENT = re.compile(r"[a-z0-9_]{1,60}")
_KEPT = 5000
"""Characters of a comment's first line: more than a command may have, so that what is too long stays too long."""
RETRY_AFTER = 30
"""Seconds."""


class Answer(NamedTuple):
    """What the sender is told."""

    status: int
    word: str
    """One word, for the answer and for the metrics."""
    text: str = ""
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """The door. Whoever does not know the secret learns nothing but that."""

    secret: bytes
    queue: Queue
    repos: Collection[str] = ()
    """The only repositories that count, in lower case; all of them when empty."""
    me: Callable[[], str | None] = lambda: None
    metrics: Metrics = field(default_factory=Metrics)

    def receive(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one delivery; header names in lower case. Raises MissingError when nothing can be kept."""
        answer = self._answer(headers, body)
        self.metrics.count("deliveries_total", answer.word)
        return answer

    def _answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        if not signed(self.secret, body, headers.get("x-hub-signature-256")):
            return Answer(401, "unsigned", "the signature is missing or wrong")
        name, delivery = headers.get("x-github-event", ""), headers.get("x-github-delivery", "")
        if not _EVENT.fullmatch(name) or not _ID.fullmatch(delivery):
            return Answer(400, "broken", "the headers of the delivery are missing or wrong")
        try:
            found = said(name, json.loads(body))
        except Broken as error:
            return Answer(400, "broken", str(error))
        except (ValueError, RecursionError):
            return Answer(400, "broken", "the body is no JSON")
        if isinstance(found, str):
            return Answer(200, "ignored", found)
        return self._offered(found)

    def _offered(self, found: Said) -> Answer:
        if self.repos and found.repo.lower() not in self.repos:
            return Answer(200, "ignored", "I do not work for this repository")
        understood = heard(found, self.me())
        if isinstance(understood, Ignored):
            return Answer(200, "ignored", understood.reason)
        result = self.queue.offer(replace(found, body=found.body.split("\n", 1)[0][:_KEPT]))
        if result == "full":
            return Answer(503, "full", "too many commands wait", RETRY_AFTER)
        return Answer(202 if result == "queued" else 200, result)
