"""One comment, from the event to the answer: the gate, the limits, the verb, and what people see of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import NamedTuple

from dspy_ci.adapters import crash
from dspy_ci.commands.committing import committed_for
from dspy_ci.commands.requested import VERB_ACTIONS, Bench, Reply
from dspy_ci.errors import DspyCiError, ForgeError, Throttled, Unreachable
from dspy_ci.logs.redaction import secret_values
from dspy_ci.ports.forge import Comment
from dspy_ci.requests.attempts import Attempt, answers
from dspy_ci.requests.gate import OURS, Limits, exhausted, heard, judged
from dspy_ci.requests.replies import addressed, applied_before, sentence
from dspy_ci.requests.request import Ignored, Refused, Request
from dspy_ci.requests.said import Said
from dspy_ci.requests.verbs import VERBS

_SHORTEST = 8
"""Characters of a value that is a secret and no word."""


class Outcome(NamedTuple):
    """How a comment was dealt with."""

    word: str
    """`done`, `refused`, `failed`, `ignored` or `known`."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What an answer needs."""

    bench: Bench
    limits: Limits = field(default_factory=Limits)
    now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)


def answer(said: Said, desk: Desk) -> Outcome:
    """Deal with a comment, once: what was answered before is left alone.

    Raises Throttled and Unreachable when it should be tried again later, and other errors of the forge when not even
    an answer could be posted.
    """
    forge = desk.bench.forge
    me = forge.identity()
    found = heard(said, me)
    if isinstance(found, Ignored):
        return Outcome("ignored", found.reason)
    me = me or forge.react(said.comment, "eyes").login  # who may not ask for the name sees it under what it did
    desk = replace(desk, bench=replace(desk.bench, me=me))
    judgement = judged(said, found, forge, me)
    earlier = list(answers(forge.comments(said.number), me))
    if any(attempt.comment == said.comment for _, attempt in earlier):
        return Outcome("known", "it was answered before")
    if isinstance(judgement, Refused):
        if (judgement.verb, judgement.reason) == ("apply", OURS) and (sha := committed_for(said, forge)):
            return _told(said, Reply(applied_before(sha)), desk)
        return _refuse(judgement, desk, earlier)
    attempts = [attempt for _, attempt in earlier if attempt.spent]
    if reason := exhausted(judgement, attempts, _day(desk), desk.limits, me):
        return _refuse(Refused(said, reason, judgement.verb), desk, earlier)
    return _carry_out(judgement, desk)


def _carry_out(request: Request, desk: Desk) -> Outcome:
    said, forge = request.said, desk.bench.forge
    forge.react(said.comment, "eyes")
    try:
        reply = VERB_ACTIONS[request.verb](request, desk.bench)
    except (Throttled, Unreachable):
        raise
    except DspyCiError as error:
        hint = f" ({error.hint})" if error.hint and isinstance(error, ForgeError) else ""
        reply = Reply(sentence(f"{error}{hint}"), word="failed")
    except Exception:  # noqa: BLE001 - whoever asked must not wait for ever; a report file says what it was
        crash.save()
        reply = Reply("Something went wrong on my side; whoever runs me finds a report of it.", word="failed")
    spent = VERBS[request.verb].spends
    mark = Attempt(said.comment, request.verb, request.pull.head_sha, _day(desk), spent, reply.key)
    _post(said, mark, request.verb, reply.text, desk)
    forge.react(said.comment, "rocket" if reply.word == "done" else "confused")
    return Outcome(reply.word, reply.text)


def _told(said: Said, reply: Reply, desk: Desk) -> Outcome:
    """Say now what could not be said when it was done."""
    _post(said, Attempt(said.comment, "apply", day=_day(desk)), "apply", reply.text, desk)
    desk.bench.forge.react(said.comment, "rocket")
    return Outcome(reply.word, reply.text)


def _refuse(refused: Refused, desk: Desk, earlier: list[tuple[Comment, Attempt]]) -> Outcome:
    """Say no: with a sentence the first time, to the same person for the same reason only with a sign."""
    said = refused.said
    key = hashlib.sha256(f"{said.author.login}\0{refused.reason}".encode()).hexdigest()[:16]
    if not any(attempt.key == key for _, attempt in earlier):
        mark = Attempt(said.comment, day=_day(desk), key=key)
        _post(said, mark, refused.verb if refused.verb in VERBS else "", sentence(refused.reason), desk)
    desk.bench.forge.react(said.comment, "confused")
    return Outcome("refused", refused.reason)


def _post(said: Said, mark: Attempt, verb: str, text: str, desk: Desk) -> None:
    desk.bench.forge.create_comment(said.number, f"{mark.mark}\n{_without_secrets(addressed(said, verb, text))}")


def _without_secrets(text: str) -> str:
    """The text without the very values that our own environment holds; whatever brought them there."""
    for value in sorted(secret_values(os.environ), key=len, reverse=True):
        text = text.replace(value, "***") if len(value) >= _SHORTEST else text
    return text


def _day(desk: Desk) -> str:
    return desk.now().date().isoformat()
