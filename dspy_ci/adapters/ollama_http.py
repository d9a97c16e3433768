"""Models of Ollama through its own API: the OpenAI dialect of it cannot be told how long the question is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dspy_ci.adapters.jsonhttp import Reply, Server
from dspy_ci.adapters.modelanswers import body, complete, count, message
from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import Answer, Ask, Usage

_KEY = "OLLAMA_API_KEY"
_SMALLEST = 2048
_STEP = 1024
"""Context sizes are multiples of it: every new size loads the model again."""
_CHARACTERS = 2
"""Fewer characters per token no real text has, on average."""


@dataclass(slots=True)
class Ollama:
    """See LM for the contract."""

    server: Server
    model: str
    format: str = "json_object"
    """How an answer in JSON is asked for: `json_schema` or `json_object`."""
    thinks: bool = False
    """Whether the server refused to be told that it shall not think."""

    @property
    def name(self) -> str:
        """See LM."""
        return f"{self.model} at {self.server.host}"

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        context = _context(ask)
        reply = self.server.post("/api/chat", self._question(ask, context))
        requests = 1
        if reply.status == 400 and not self.thinks and "think" in message(reply):
            self.thinks = True
            reply = self.server.post("/api/chat", self._question(ask, context))
            requests = 2
        return self._answer(reply, ask, requests, context)

    def check(self) -> None:
        """See LM."""
        listed = body(self.server.get("/api/tags"), self.server, self.model, key=_KEY).get("models")
        names = (
            {str(entry.get("name")) for entry in listed if isinstance(entry, dict)}
            if isinstance(listed, list)
            else set()
        )
        if names.isdisjoint({self.model, f"{self.model}:latest"}):
            has = f"; it has {', '.join(sorted(names)[:8])}" if names else ""
            raise ModelError(
                "missing",
                f"Ollama at {self.server.host} has no model {self.model}{has}",
                hint=f"ollama pull {self.model}",
            )

    def _question(self, ask: Ask, context: int) -> dict[str, Any]:
        options: dict[str, Any] = {
            "num_ctx": context, "num_predict": ask.max_tokens, "temperature": ask.temperature,
        }  # fmt: skip
        if ask.seed is not None:
            options["seed"] = ask.seed
        if ask.stop:
            options["stop"] = list(ask.stop)
        question: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in ask.messages],
            "stream": False,
            "options": options,
            "keep_alive": "5m",
        }
        if not self.thinks:
            question["think"] = False
        if ask.schema is not None:
            question["format"] = dict(ask.schema.shape) if self.format == "json_schema" else "json"
        return question

    def _answer(self, reply: Reply, ask: Ask, requests: int, context: int) -> Answer:
        if reply.status == 404:
            raise ModelError(
                "missing", f"Ollama at {self.server.host} has no model {self.model}", hint=f"ollama pull {self.model}"
            )
        found = body(reply, self.server, self.model, key=_KEY)
        turn = found.get("message")
        text = turn.get("content") if isinstance(turn, dict) else None
        asked = count(found, "prompt_eval_count", ask.most)
        if "prompt_eval_count" in found and asked >= context:
            raise ModelError("too-long", f"Ollama cut the question off at {context} tokens", hint="--prompt-tokens")
        said = complete(text, cut=found.get("done_reason") == "length", who=self.name, limit=ask.max_tokens)
        return Answer(said, Usage(1, requests, asked, count(found, "eval_count", ask.max_tokens)))


def _context(ask: Ask) -> int:
    """Room for the question, by a generous estimate, and for the longest answer."""
    return max(_SMALLEST, -(-(ask.most // _CHARACTERS + ask.max_tokens) // _STEP) * _STEP)
