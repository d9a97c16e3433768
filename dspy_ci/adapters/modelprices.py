"""What models cost, from the list that comes with the LiteLLM of an installed DSPy: read as a file, never fetched."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dspy_ci.adapters.lm_metered import Price

_FILE = "model_prices_and_context_window_backup.json"


def price(model: str) -> Price | None:
    """The price of a model by one of its names; None when the list is not there or does not hold it."""
    spec = find_spec("litellm")  # found, not imported: that costs seconds
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            known = json.loads(Path(folder, _FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return _price(known.get(model)) or _price(known.get(model.partition("/")[2]))
    return None


def _price(entry: Any) -> Price | None:
    if not isinstance(entry, dict):
        return None
    prompt, completion = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if not isinstance(prompt, int | float) or not isinstance(completion, int | float):
        return None
    return Price(prompt * 1e6, completion * 1e6)
