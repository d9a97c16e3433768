"""A language model that is asked a question, and its twins: one that says nothing, one that follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from dspy_ci.errors import ModelError

_FRAME = 64
"""Tokens that a server may add to a question, such as the date or a greeting of its own."""
_TURN = 16
"""Tokens that mark where a message begins and ends."""

Role = Literal["system", "user", "assistant"]


class Message(NamedTuple):
    """One turn of a conversation."""

    role: Role
    text: str


class Schema(NamedTuple):
    """The shape that an answer in JSON shall have."""

    name: str
    shape: Mapping[str, Any]
    """A JSON schema."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question."""

    messages: tuple[Message, ...]
    max_tokens: int = 2048
    """The longest answer that is wanted."""
    temperature: float = 0.0
    seed: int | None = None
    """Which of the model's possible answers, where the server can tell them apart."""
    stop: tuple[str, ...] = ()
    schema: Schema | None = None
    """None asks for plain text."""

    @property
    def most(self) -> int:
        """So many tokens the question has at the most: none is shorter than a byte, and servers add a frame."""
        return _FRAME + sum(len(turn.text.encode(errors="replace")) + _TURN for turn in self.messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent; two of them can be added."""

    calls: int = 0
    """Answers, from the server or from the cache."""
    requests: int = 0
    """Questions that were sent to a server, whatever came back."""
    prompt: int = 0
    """Tokens of the questions."""
    completion: int = 0
    """Tokens of the answers."""
    cost: float = 0.0
    """US dollars, as far as prices are known."""
    cached: int = 0
    """Answers that came from the cache."""

    @property
    def tokens(self) -> int:
        """Of questions and answers together."""
        return self.prompt + self.completion

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls, self.requests + other.requests, self.prompt + other.prompt,
            self.completion + other.completion, self.cost + other.cost, self.cached + other.cached,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote, from its first to its last word: a cut answer is a ModelError."""

    text: str
    usage: Usage = Usage()


class LM(Protocol):
    """Answers questions. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """Model and server, as reports show them; also what tells the answers of two servers apart."""
        ...

    def ask(self, ask: Ask) -> Answer:
        """The answer, complete and not empty. Raises ModelError, and nothing else, when there is none."""
        ...

    def check(self) -> None:
        """Find out, without spending a token where that can be, whether the model would answer. Raises ModelError."""
        ...


@dataclass(frozen=True, slots=True)
class Silent:
    """The twin that never answers: the offline mode."""

    why: str = "no model is set"
    name: str = "none"

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        del ask
        raise ModelError("offline", self.why)

    def check(self) -> None:
        """See LM."""
        raise ModelError("offline", self.why)


@dataclass(slots=True)
class Scripted:
    """The twin that says what it was told to say: a list of answers in order, or a function of the question."""

    script: Callable[[Ask], str | ModelError] | Iterable[str | ModelError]
    name: str = "scripted"
    asked: list[Ask] = field(default_factory=list)
    """Every question so far."""

    def __post_init__(self) -> None:
        """A list is used up from its front."""
        if not callable(self.script):
            self.script = _in_order(list(self.script))

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        self.asked.append(ask)
        assert callable(self.script)  # noqa: S101 - see __post_init__
        said = self.script(ask)
        if isinstance(said, ModelError):
            raise said
        prompt = sum(len(message.text.split()) for message in ask.messages)
        return Answer(said, Usage(1, 1, prompt, len(said.split())))

    def check(self) -> None:
        """See LM."""


def _in_order(answers: list[str | ModelError]) -> Callable[[Ask], str | ModelError]:
    def script(_: Ask) -> str | ModelError:
        return answers.pop(0) if answers else ModelError("empty", "the script is at its end")

    return script
