"""What earlier runs said, in the user's cache folder."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_DAYS = 7
"""What is older is forgotten: the environment around the repository changes too."""
_MOST = 4000
"""Texts; beyond them the oldest are removed."""


class RunMemory:
    """Files below a folder, one per key. See Memory for the contract."""

    def __init__(self, folder: Path) -> None:
        """Keep the texts there; the folder is made when the first one comes."""
        self._folder = folder

    def recall(self, key: str) -> str | None:
        """See Memory."""
        path = self._folder / key
        try:
            if time.time() - path.stat().st_mtime > _DAYS * 86400:
                return None
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def keep(self, key: str, text: str) -> None:
        """See Memory."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as sink:
                sink.write(text)
            Path(name).replace(self._folder / key)

    def tidy(self) -> None:
        """Remove the oldest beyond the limit."""
        with suppress(OSError):
            files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
            for path in files[:-_MOST]:
                path.unlink(missing_ok=True)
