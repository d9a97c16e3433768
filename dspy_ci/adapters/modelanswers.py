"""What replies of model servers have in common: which refusals there are, and which answers are none."""

from __future__ import annotations

import re
from typing import Any

from dspy_ci.adapters.jsonhttp import Reply, Server
from dspy_ci.errors import ModelError

_THINKING = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>\s*", re.DOTALL)
_CONTEXT = re.compile(
    r"context[ _](?:length|window|size)|maximum context|too (?:long|many tokens)|exceeds the (?:available|limit)"
)
_BILLING = re.compile(r"insufficient_quota|billing|credit|payment", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_SHOWN = 160


def complete(text: object, *, cut: bool, who: str, limit: int) -> str:
    """The answer without a leading block of thoughts. Raises ModelError when it is cut off or empty."""
    said = _THINKING.sub("", text, count=1) if isinstance(text, str) else ""
    if cut:
        raise ModelError(
            "truncated", f"the answer of {who} was cut off at {limit} tokens",
            hint="--answer-tokens allows longer ones", spent=True,
        )  # fmt: skip
    if not said.strip() or said.lstrip().startswith(("<think>", "<thinking>")):
        raise ModelError("empty", f"{who} answered with nothing", spent=True)
    return said


def body(reply: Reply, server: Server, model: str, *, key: str) -> dict[str, Any]:
    """The object of a reply. Raises ModelError for every refusal, and for what is no object.

    `key` names the variable that holds the key for the server.
    """
    found = reply.json
    if reply.status >= 300:
        raise refusal(reply, server, model, key=key)
    if not isinstance(found, dict):
        kind = reply.headers.get("content-type", "no type").partition(";")[0]
        raise ModelError(
            "garbage", f"{server.host} sent something that is no JSON object ({kind}, {len(reply.text)} characters)",
            hint="is this the address of a model server? the one of an OpenAI dialect mostly ends in /v1", spent=True,
        )  # fmt: skip
    return found


def refusal(reply: Reply, server: Server, model: str, *, key: str) -> ModelError:
    """The sentence for a status that is no success."""
    host, status, said = server.host, reply.status, message(reply)
    told = f": {said}" if said else ""
    if status < 400:
        return ModelError("redirect", f"{host} sends us elsewhere ({status}), which is not followed")
    if status in {401, 403}:
        return ModelError("auth", f"{host} refused the key ({status}){told}", hint=f"see {key}")
    if status == 402 or (status == 429 and _BILLING.search(reply.text)):
        return ModelError("billing", f"the account at {host} has no credit left{told}")
    if status == 404:
        return ModelError("missing", f"{host} knows no model {model}, or no such address{told}")
    if status == 413 or (status in {400, 422} and _CONTEXT.search(reply.text.lower())):
        return ModelError("too-long", f"the question is longer than {model} can read{told}", hint="--prompt-tokens")
    if status == 429:
        return ModelError("rate", f"{host} wants fewer questions (429){told}", wait=_wait(reply))
    if status in {408, 504}:
        return ModelError("timeout", f"{host} gave up on its model ({status}){told}", spent=True)
    if status < 500:
        return ModelError("refused", f"{host} refused the question ({status}){told}")
    return ModelError("server", f"{host} is in trouble ({status}){told}", wait=_wait(reply), spent=True)


def message(reply: Reply) -> str:
    """What the server said about its refusal, short and fit to print."""
    found = reply.json
    said = found.get("error", found.get("message", found.get("detail"))) if isinstance(found, dict) else None
    if isinstance(said, dict):
        said = said.get("message")
    text = _CONTROL.sub(" ", said).strip() if isinstance(said, str) else ""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def count(found: dict[str, Any], name: str, bound: int) -> int:
    """A number of tokens that the server tells; the bound when it tells none that makes sense."""
    value = found.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else bound


def _wait(reply: Reply) -> float | None:
    try:
        return max(0.0, float(reply.headers.get("retry-after", "")))
    except ValueError:
        return None
