"""From the settings to a model that is ready to be asked: its server, patience, purse and memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from dspy_ci.adapters.crash import cache_home
from dspy_ci.adapters.jsonhttp import Server
from dspy_ci.adapters.lm_cached import Cached
from dspy_ci.adapters.lm_metered import Metered, Price
from dspy_ci.adapters.lm_patient import Patient
from dspy_ci.adapters.modelprices import price as known_price
from dspy_ci.adapters.ollama_http import Ollama
from dspy_ci.adapters.openai_http import OpenAI
from dspy_ci.adapters.runmemory import RunMemory
from dspy_ci.errors import MissingError
from dspy_ci.models import Choice, choice, price
from dspy_ci.ports.lm import LM, Silent, Usage
from dspy_ci.settings import Settings


@dataclass(frozen=True, slots=True)
class Model:
    """A model of this run."""

    lm: LM
    shown: str | None
    """What reports call it; None when there is none."""
    meter: Metered | None = None
    why: str = ""
    """Why there is none."""

    @property
    def usage(self) -> Usage:
        """What it has used so far."""
        return self.meter.used if self.meter else Usage()


def model(settings: Settings, environment: Mapping[str, str] = os.environ, *, needed: bool = False) -> Model:
    """The model of the settings, or the silent one. Raises UsageError for settings that make no sense,
    and MissingError when a model is needed and none can be had.
    """  # noqa: D205 - one sentence
    chosen = choice(settings, environment, needed=needed)
    if not isinstance(chosen, str) and find_spec("dspy") is None:
        chosen = "a language model needs DSPy: pip install 'dspy-ci[llm]'"
    if isinstance(chosen, str):
        if needed:
            raise MissingError(chosen, hint="--model ollama/NAME, or --model NAME with OPENAI_API_KEY")
        return Model(Silent(chosen), None, why=chosen)
    meter = Metered(_server(chosen, settings), settings.max_tokens, settings.max_cost, _price(chosen, settings.price))
    kept = RunMemory(cache_home() / "answers")
    lm = Cached(Patient(meter), kept, f"{chosen.dialect} {chosen.url} {chosen.model}")
    return Model(lm, f"{chosen.shown}", meter)


def _server(chosen: Choice, settings: Settings) -> LM:
    if chosen.dialect == "dspy":
        from dspy_ci.programs.provider import Provider  # noqa: PLC0415 - loads DSPy

        return Provider(chosen.model, settings.model_timeout)
    headers = {"Authorization": f"Bearer {chosen.key}"} if chosen.key else {}
    server = Server(chosen.url, settings.model_timeout, headers)
    kind = OpenAI if chosen.dialect == "openai" else Ollama
    return kind(server, chosen.model, chosen.format)


def _price(chosen: Choice, told: str | None) -> Price | None:
    """What the user told, nothing for Ollama, else what the list says."""
    if found := price(told):
        return Price(*found)
    return Price(0.0, 0.0) if chosen.dialect == "ollama" else known_price(chosen.model)
