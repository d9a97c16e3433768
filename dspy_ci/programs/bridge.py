"""The bridge from our port to DSPy: a `dspy.LM` whose every call is one `ask`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dspy_ci.errors import ModelError
from dspy_ci.ports.lm import LM, Ask, Message, Role, Schema
from dspy_ci.programs.vendor import dspy

_ERRORS = {
    "rate": "RateLimitError", "billing": "BillingError", "auth": "AuthError", "server": "ServerError",
    "timeout": "TimeoutError", "unreachable": "TransportError", "cut": "TransportError",
    "refused": "InvalidRequestError", "too-long": "ContextLengthError", "missing": "UnsupportedModelError",
}  # fmt: skip
"""The error of DSPy that says the same; all others are a ProviderError, which is never repeated."""


def dspy_lm(lm: LM, *, max_tokens: int = 2048, temperature: float = 0.0, seed: int | None = None) -> Any:
    """A `dspy.LM` that asks through the port; retries, cache, limits and the connection are the port's business.

    Its engine remembers the last ModelError as `lm.engine.trouble`, since DSPy wraps what an engine raises.
    """
    # a name that DSPy takes for no model family: it has rules of its own for some of them
    name = f"dspy-ci:{lm.name.replace('/', ':').replace(' ', '-')}"
    return dspy().LM(
        name, engine=Engine(lm), cache=False, num_retries=0, max_tokens=max_tokens, temperature=temperature, seed=seed
    )


@dataclass(slots=True)
class Engine:
    """See DSPy's custom engines for the contract."""

    lm: LM
    trouble: ModelError | None = None
    """The last one, None as long as all went well."""
    supports_function_calling: bool = False
    supports_reasoning: bool = False
    supports_response_schema: bool = True
    supported_params: frozenset[str] = field(
        default=frozenset({"temperature", "max_tokens", "stop", "seed", "response_format"})
    )

    def complete(self, request: Any) -> Any:
        """One request of DSPy, answered through the port."""
        lm15 = dspy().lm15
        try:
            answer = self.lm.ask(_ask(request))
        except ModelError as error:
            self.trouble = error
            raise getattr(lm15, _ERRORS.get(error.kind, ""), lm15.ProviderError)(str(error)) from error
        usage = lm15.Usage(input_tokens=answer.usage.prompt, output_tokens=answer.usage.completion)
        said = lm15.Message.assistant([lm15.TextPart(answer.text)])
        return lm15.Response(id=None, model=request.model, message=said, finish_reason="stop", usage=usage)


def _ask(request: Any) -> Ask:
    config = request.config
    messages = [Message("system", system)] if (system := _text(request.system)) else []
    messages += [Message(_role(turn.role), turn.text or "") for turn in request.messages]
    return Ask(
        tuple(messages),
        max_tokens=config.max_tokens or 2048,
        temperature=config.temperature or 0.0,
        seed=config.seed,
        stop=tuple(config.stop or ()),
        schema=_schema(config.response_format),
    )


def _role(role: str) -> Role:
    return role if role in {"system", "assistant"} else "user"  # type: ignore[return-value]


def _text(system: Any) -> str:
    if system is None or isinstance(system, str):
        return system or ""
    return "".join(part.text for part in system)


def _schema(wanted: Any) -> Schema | None:
    """What DSPy says about the shape of the answer; any JSON where it only says that much."""
    if not wanted:
        return None
    shape = wanted.get("schema") if isinstance(wanted, dict) else getattr(wanted, "schema", None)
    name = wanted.get("name") if isinstance(wanted, dict) else getattr(wanted, "name", None)
    return Schema(str(name or "answer"), shape if isinstance(shape, dict) else {"type": "object"})
