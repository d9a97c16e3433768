"""DSPy, loaded when it is first needed and told to keep nothing on disk and fetch nothing: import it from here only."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from dspy_ci.errors import ModelError


@cache
def dspy() -> Any:
    """The module. Raises ModelError where it is not installed."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else its first call fetches a price list
    try:
        import dspy as vendor  # noqa: PLC0415 - a second that only those pay who ask a model
    except ImportError:
        raise ModelError(
            "offline", "a language model needs DSPy, which is not installed", hint="pip install 'dspy-ci[llm]'"
        ) from None
    # its cache is made of pickles and does not tell servers apart; ours is Cached
    vendor.configure_cache(enable_disk_cache=False, enable_memory_cache=False, restrict_pickle=True)
    return vendor
