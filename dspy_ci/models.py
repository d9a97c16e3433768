"""Which language model is meant: our settings, and the variables that people already have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from dspy_ci.errors import UsageError
from dspy_ci.settings import Settings

Dialect = Literal["openai", "ollama", "dspy"]
Format = Literal["json_schema", "json_object"]

_OPENAI = "https://api.openai.com/v1"
_OLLAMA = "http://127.0.0.1:11434"
_OLLAMAS = frozenset({"ollama", "ollama_chat"})
_DEFAULT = "gpt-4o-mini"
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})
_UNSET = "no model is set: see --model, DSPY_CI_MODEL, MODEL_NAME or USE_OLLAMA"


@dataclass(frozen=True, slots=True)
class Choice:
    """One model, and how to reach it."""

    dialect: Dialect
    model: str
    """As its server calls it."""
    url: str = ""
    """Empty where DSPY finds the way by itself."""
    key: str | None = None
    format: Format = "json_schema"

    @property
    def shown(self) -> str:
        """The model as a report names it, never with its key."""
        return f"{self.dialect}/{self.model}" if self.dialect != "dspy" else self.model

    def __repr__(self) -> str:
        return f"Choice({self.shown!r}, {self.url!r})"


def choice(settings: Settings, environment: Mapping[str, str], *, needed: bool = False) -> Choice | str:
    """The model that is meant, or in words why there is none. Raises UsageError for settings that make no sense.

    `needed` says that the verb is nothing without a model: then a key alone is enough, and the default model is meant.
    """
    if settings.offline or _flag(environment, "LOCAL_MODE"):
        return "no model is asked: offline mode"
    named = settings.model or ""
    prefix, _, rest = named.partition("/")
    if settings.ollama or prefix in _OLLAMAS or (_flag(environment, "USE_OLLAMA") and prefix != "openai"):
        model = (rest if prefix in _OLLAMAS else named) or environment.get("OLLAMA_MODEL", "")
        return _ollama(model or environment.get("MODEL_NAME", ""), settings, environment)
    if prefix == "openai" and rest:
        return _openai(rest, settings, environment)
    base = environment.get("OPENAI_BASE_URL") or environment.get("OPENAI_API_BASE")
    if "/" in named and not base:
        return Choice("dspy", named, format=_format(settings, environment, "json_schema"))
    model = named or environment.get("MODEL_NAME", "")
    if not model and (base or (needed and environment.get("OPENAI_API_KEY"))):
        model = _DEFAULT
    return _openai(model, settings, environment) if model else _UNSET


def named(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Whether the user asked for a model, be there one or not: then a report says why it was not asked."""
    if settings.offline or _flag(environment, "LOCAL_MODE"):
        return False
    return bool(settings.model or settings.ollama or _flag(environment, "USE_OLLAMA"))


def price(text: str | None) -> tuple[float, float] | None:
    """Dollars for a million tokens of questions and of answers. Raises UsageError."""
    if text is None:
        return None
    try:
        prompt, _, completion = text.partition("/")
        found = float(prompt), float(completion or prompt)
    except ValueError:
        found = (-1.0, -1.0)
    if not all(0 <= part < float("inf") for part in found):
        raise UsageError(f"{text!r} is no price", hint="write dollars for a million tokens, as 0.15/0.60")
    return found


def _openai(model: str, settings: Settings, environment: Mapping[str, str]) -> Choice | str:
    url = environment.get("OPENAI_BASE_URL") or environment.get("OPENAI_API_BASE") or _OPENAI
    key = environment.get("OPENAI_API_KEY") or None
    if key is None and urlsplit(url).hostname == urlsplit(_OPENAI).hostname:
        return f"{model} needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own"
    return Choice("openai", model, _url(url, "OPENAI_BASE_URL"), key, _format(settings, environment, "json_schema"))


def _ollama(model: str, settings: Settings, environment: Mapping[str, str]) -> Choice | str:
    if not model:
        return "no model of Ollama is named: see --model or OLLAMA_MODEL"
    url = environment.get("OLLAMA_HOST") or environment.get("OPENAI_BASE_URL") or _OLLAMA
    url = _url(url if "://" in url else f"http://{url}", "OLLAMA_HOST").removesuffix("/v1")
    parts = urlsplit(url)
    if parts.hostname == "0.0.0.0":  # noqa: S104 - where a server listens; nobody can be reached there
        url = url.replace("0.0.0.0", "127.0.0.1", 1)  # noqa: S104 - the same
    if parts.port is None and parts.scheme == "http":
        url += ":11434"
    key = environment.get("OLLAMA_API_KEY") or None
    return Choice("ollama", model, url, key, _format(settings, environment, "json_object"))


def _format(settings: Settings, environment: Mapping[str, str], default: Format) -> Format:
    words: dict[str, Format] = {"schema": "json_schema", "object": "json_object"}
    if settings.json in words:
        return words[settings.json]
    if settings.json != "auto":
        raise UsageError(f"json is {settings.json!r}", hint="write schema, object or auto")
    said = environment.get("DSPY_FORCE_JSON_OBJECT", "").lower()
    return "json_object" if said in _YES else "json_schema" if said in _NO else default


def _url(text: str, name: str) -> str:
    """The address without a slash at its end. Raises UsageError when it is none."""
    try:
        parts = urlsplit(text.strip())
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise UsageError(f"{name} is no address of a server", hint="write it as http://localhost:1234/v1")
    return text.strip().rstrip("/")


def _flag(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() in _YES
