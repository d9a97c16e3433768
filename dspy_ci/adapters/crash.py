"""Crash reports in the user's cache folder."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path

from dspy_ci import __version__


def cache_home() -> Path:
    """Our folder below the XDG cache; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "dspy-ci"


def save() -> str:
    """Write versions and the traceback of the current exception to a new file and return its path."""
    text = (
        f"dspy-ci {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n{traceback.format_exc()}"
    )
    folder = cache_home() / "crashes"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="crash-", suffix=".txt", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as sink:
            sink.write(text)
    except OSError as error:
        sys.stderr.write(text)
        return f"(not saved: {error.strerror}; it stands above)"
    return name
