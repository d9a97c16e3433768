"""From the settings to a model that is ready to be asked: its server, patience, purse and memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from dspy_ci.adapters import programfiles
from dspy_ci.adapters.crash import cache_home
from dspy_ci.adapters.gitrepo import GitRepo
from dspy_ci.adapters.jsonhttp import Server
from dspy_ci.adapters.lm_cached import Cached
from dspy_ci.adapters.lm_metered import Metered, Price
from dspy_ci.adapters.lm_patient import Patient
from dspy_ci.adapters.modelprices import price as known_price
from dspy_ci.adapters.ollama_http import Ollama
from dspy_ci.adapters.openai_http import OpenAI
from dspy_ci.adapters.runmemory import RunMemory
from dspy_ci.adapters.trajectories import Trajectory
from dspy_ci.errors import UsageError
from dspy_ci.logs.redaction import Redactor, secret_values
from dspy_ci.models import Choice, choice, price
from dspy_ci.ports.lm import LM, Silent, Usage
from dspy_ci.programs.author import Writer, said
from dspy_ci.programs.edit import PROGRAM
from dspy_ci.programs.program import Program
from dspy_ci.programs.stored import path_of, read
from dspy_ci.rounds import Asking
from dspy_ci.settings import Settings


@dataclass(frozen=True, slots=True)
class Model:
    """A model of this run."""

    lm: LM
    shown: str | None
    """What reports call it; None when there is none."""
    why: str = ""
    """Why there is none."""
    meter: Metered | None = None
    cache: Cached | None = None

    def used(self) -> Usage:
        """What it has used so far."""
        hits = self.cache.hits if self.cache else 0
        return (self.meter.used if self.meter else Usage()) + Usage(hits, cached=hits)

    def __bool__(self) -> bool:
        return self.shown is not None


def model(settings: Settings, environment: Mapping[str, str] = os.environ, *, needed: bool = False) -> Model:
    """The model of the settings, or the silent one. Raises UsageError for settings that make no sense.

    `needed` says that the verb is nothing without a model: then a key alone is enough for the default one.
    """
    chosen = choice(settings, environment, needed=needed)
    if not isinstance(chosen, str) and find_spec("dspy") is None:
        chosen = "a language model needs DSPy: pip install 'dspy-ci[llm]'"
    if isinstance(chosen, str):
        return Model(Silent(chosen), None, chosen)
    meter = Metered(_server(chosen, settings), settings.max_tokens, settings.max_cost, _price(chosen, settings.price))
    kept = RunMemory(cache_home() / "answers")
    cache = Cached(Patient(meter), kept, f"{chosen.dialect} {chosen.url} {chosen.model}")
    return Model(cache, chosen.shown, "", meter, cache)


def asking(settings: Settings, repo: GitRepo, *, needed: bool = False) -> Asking | str:
    """The model of the settings as an author of patches, or why there is none."""
    found = model(settings, needed=needed)
    if not found or found.shown is None:
        return found.why
    try:
        instructions = trained(Path(repo.root), PROGRAM)
    except UsageError as error:
        return str(error)
    writer = Writer(found.lm, found.shown, found.used, instructions, settings.answer_tokens, settings.seed)
    clean = Redactor(secret_values(os.environ)).redact
    return Asking(
        writer, settings.samples, settings.rounds, seconds=max(settings.budget, settings.model_timeout),
        prompt_tokens=settings.prompt_tokens, rationale=said,
        record=Trajectory(cache_home() / "trajectories", clean).record,
    )  # fmt: skip


def trained(root: Path, program: Program, environment: Mapping[str, str] = os.environ) -> str | None:
    """The instructions that training has left in the repository for a program; None when there are none to be trusted.

    Raises UsageError when they are there and are not as we write them.
    """
    text = programfiles.text(root, path_of(program.name), environment)
    return None if text is None else read(text, program).instructions


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
