"""Models behind the chat dialect of OpenAI: its own servers, and the many that speak like it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dspy_ci.adapters.jsonhttp import Reply, Server
from dspy_ci.adapters.modelanswers import body, complete, count, message
from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import Answer, Ask, Usage

_KEY = "OPENAI_API_KEY"
_FORMATS = ("json_schema", "json_object", "text")


@dataclass(slots=True)
class OpenAI:
    """See LM for the contract. What a server does not know is left out from then on, and asked for again without it."""

    server: Server
    model: str
    format: str = "json_schema"
    """How an answer in JSON is asked for: `json_schema`, `json_object` or `text`; it only ever gets plainer."""
    left_out: set[str] = field(default_factory=set)
    """Parameters that the server refused."""

    @property
    def name(self) -> str:
        """See LM."""
        return f"{self.model} at {self.server.host}"

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        requests = 0
        while True:
            requests += 1
            reply = self.server.post("/chat/completions", self._question(ask))
            if reply.status not in {400, 422} or not self._made_plainer(reply, ask):
                return self._answer(reply, ask, requests)

    def check(self) -> None:
        """See LM."""
        reply = self.server.get("/models")
        if reply.status in {404, 405, 501}:  # not every server lists its models; the first question will tell
            return
        listed = body(reply, self.server, self.model, key=_KEY).get("data")
        names = (
            [str(entry.get("id")) for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        )
        if names and self.model not in names:
            raise ModelError(
                "missing",
                f"{self.server.host} has no model {self.model}",
                hint=f"it has {', '.join(sorted(names)[:8])}",
            )

    def _question(self, ask: Ask) -> dict[str, Any]:
        limit = "max_completion_tokens" if "max_tokens" in self.left_out else "max_tokens"
        question: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in ask.messages],
            limit: ask.max_tokens,
            "temperature": ask.temperature,
            "stream": False,
        }
        if ask.seed is not None:
            question["seed"] = ask.seed
        if ask.stop:
            question["stop"] = list(ask.stop)
        if shape := self._format(ask):
            question["response_format"] = shape
        return {name: value for name, value in question.items() if name not in self.left_out}

    def _format(self, ask: Ask) -> dict[str, Any] | None:
        if ask.schema is None or self.format == "text":
            return None
        if self.format == "json_object":
            return {"type": "json_object"}
        shape = {"name": ask.schema.name, "strict": True, "schema": dict(ask.schema.shape)}
        return {"type": "json_schema", "json_schema": shape}

    def _made_plainer(self, reply: Reply, ask: Ask) -> bool:
        """Whether the refusal is about something that the question can do without; from now on it does."""
        said = f"{message(reply)} {_param(reply)}"
        for concerns, change in self._plainer(ask):
            if re.search(concerns, said, re.IGNORECASE):
                change()
                return True
        return False

    def _plainer(self, ask: Ask) -> Iterator[tuple[str, Callable[[], None]]]:
        if ask.schema is not None and self.format != "text":
            yield r"response_format|json_schema|json_object|structured|schema|grammar", self._plainer_format
        for name in ("max_tokens", "temperature", "seed", "stop"):  # without max_tokens, max_completion_tokens is sent
            if name not in self.left_out:
                yield rf"\b{name}\b", lambda name=name: self.left_out.add(name)  # type: ignore[misc]

    def _plainer_format(self) -> None:
        self.format = _FORMATS[_FORMATS.index(self.format) + 1]

    def _answer(self, reply: Reply, ask: Ask, requests: int) -> Answer:
        found = body(reply, self.server, self.model, key=_KEY)
        choices = found.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        turn = choice.get("message")
        text = turn.get("content") if isinstance(turn, dict) else None
        said = complete(text, cut=choice.get("finish_reason") == "length", who=self.name, limit=ask.max_tokens)
        used = found.get("usage")
        spent = used if isinstance(used, dict) else {}
        prompt, completion = count(spent, "prompt_tokens", ask.most), count(spent, "completion_tokens", ask.max_tokens)
        return Answer(said, Usage(1, requests, prompt, completion))


def _param(reply: Reply) -> str:
    found = reply.json
    error = found.get("error") if isinstance(found, dict) else None
    return str(error.get("param") or "") if isinstance(error, dict) else ""
