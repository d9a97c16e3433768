"""The record of what a model was asked, what it answered and what was wrong with it, outside of every checkout."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_KEPT = 100
"""Records; the oldest beyond them are removed."""


@dataclass(slots=True)
class Trajectory:
    """One file of JSON lines; it is made with the first event, and each event is on disk when `record` returns."""

    folder: Path
    clean: Callable[[str], str] = str
    """Takes secrets out."""
    path: Path | None = None

    def record(self, event: Mapping[str, object]) -> None:
        """Keep an event; a disk that is full or read-only is no reason to stop."""
        with suppress(OSError):
            if self.path is None:
                self.path = self._new()
            with self.path.open("a", encoding="utf-8", errors="backslashreplace") as sink:
                sink.write(json.dumps(_cleaned(event, self.clean), default=str) + "\n")

    def _new(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in sorted(self.folder.glob("*.jsonl"))[: -_KEPT + 1]:
            old.unlink(missing_ok=True)
        start = time.strftime("%Y%m%dT%H%M%S-", time.gmtime())
        handle, name = tempfile.mkstemp(prefix=start, suffix=".jsonl", dir=self.folder)
        os.close(handle)
        return Path(name)


def _cleaned(value: object, clean: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {str(key): _cleaned(part, clean) for key, part in value.items()}
    return value
