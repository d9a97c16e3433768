"""Models of all other providers, through DSPy itself: any name that it knows, such as `anthropic/...`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dspy_ci.adapters.modelanswers import complete
from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import Answer, Ask, Usage
from dspy_ci.programs.vendor import dspy

_KINDS = (
    ("LMBillingError", "billing"), ("LMRateLimitError", "rate"), ("LMNotConfiguredError", "auth"),
    ("LMAuthError", "auth"), ("LMUnsupportedModelError", "missing"), ("ContextWindowExceededError", "too-long"),
    ("LMInvalidRequestError", "refused"), ("LMTimeoutError", "timeout"), ("LMTransportError", "unreachable"),
    ("LMServerError", "server"),
)  # fmt: skip
"""DSPy's errors, the narrow ones first, and what we call them."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Provider:
    """See LM for the contract."""

    model: str
    timeout: float

    @property
    def name(self) -> str:
        """See LM."""
        return self.model

    def ask(self, ask: Ask) -> Answer:
        """See LM."""
        try:
            response = self._lm()(self._request(ask))
        except Exception as error:  # noqa: BLE001 - whatever a provider's library raises, a run goes on without a model
            raise self._trouble(error) from None
        text = "".join(getattr(part, "text", "") or "" for part in response.message.parts)
        said = complete(text, cut=response.finish_reason == "length", who=self.model, limit=ask.max_tokens)
        usage = response.usage
        prompt, completion = usage.input_tokens, usage.output_tokens
        return Answer(
            said,
            Usage(1, 1, ask.most if prompt is None else prompt, ask.max_tokens if completion is None else completion),
        )

    def check(self) -> None:
        """See LM; only that a client can be made is found out."""
        try:
            self._lm()
        except Exception as error:  # noqa: BLE001 - as above
            raise self._trouble(error) from None

    def _lm(self) -> Any:
        return dspy().LM(self.model, cache=False, num_retries=0, timeout=self.timeout)

    def _request(self, ask: Ask) -> Any:
        lm15 = dspy().lm15
        system = "\n\n".join(turn.text for turn in ask.messages if turn.role == "system") or None
        turns = tuple(
            lm15.Message(role=turn.role, parts=(lm15.TextPart(turn.text),))
            for turn in ask.messages
            if turn.role != "system"
        )
        config = lm15.Config(max_tokens=ask.max_tokens, temperature=ask.temperature, stop=ask.stop)
        return lm15.Request(model=self.model, messages=turns, system=system, config=config)

    def _trouble(self, error: Exception) -> ModelError:
        if isinstance(error, ModelError):
            return error
        names = {kind.__name__ for kind in type(error).__mro__}
        kind = next((ours for theirs, ours in _KINDS if theirs in names), "refused")
        told = ""
        with suppress(IndexError):
            told = str(error).splitlines()[0][:_LONGEST]
        return ModelError(kind, f"{self.model}: {told or type(error).__name__}", spent=kind in {"timeout", "server"})
