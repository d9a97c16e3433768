"""What earlier runs said, kept for later ones, and its in-memory twin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Memory(Protocol):
    """Texts by key; it may forget anything at any time, and it never fails."""

    def recall(self, key: str) -> str | None:
        """What was kept under the key."""
        ...

    def keep(self, key: str, text: str) -> None:
        """Keep a text; an earlier one under the same key is replaced."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryMemory:
    """The twin: a dictionary that ends with the process."""

    texts: dict[str, str] = field(default_factory=dict)

    def recall(self, key: str) -> str | None:
        """See Memory."""
        return self.texts.get(key)

    def keep(self, key: str, text: str) -> None:
        """See Memory."""
        self.texts[key] = text
