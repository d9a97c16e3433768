"""What must outlive a process: values by key and streams that only grow, and the in-memory twin."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Value = Any
"""What JSON can say: null, bool, number, text, list, object with text keys. It comes back as JSON gives it back."""


class Entry(NamedTuple):
    """One value of a stream."""

    offset: int
    """Its place: from 0, without gaps."""
    id: str
    value: Value


class Appended(NamedTuple):
    """Where a value stands in its stream."""

    offset: int
    fresh: bool
    """False when the id was known; then nothing was written, and the offset is that of the first time."""


class Store(Protocol):
    """Keys and streams of one namespace. What a call has returned from is kept, whatever happens to the process.

    Several threads and processes may share one. Values are copied in and out. A value that JSON cannot say, or a name
    that is no valid text, raises ValueError; a store that cannot be reached or written raises MissingError.
    """

    def put(self, key: str, value: Value) -> None:
        """Keep a value; an earlier one under the same key is replaced."""
        ...

    def get(self, key: str, default: Value = None) -> Value:
        """The value under the key, else the default: a kept null is not the same as nothing."""
        ...

    def delete(self, key: str) -> bool:
        """Forget a key; whether there was one."""
        ...

    def append(self, stream: str, value: Value, *, id: str) -> Appended:  # noqa: A002 - the word of the records
        """Add a value to the end of a stream, once for each id."""
        ...

    def read(self, stream: str, start: int = 0, count: int = 100) -> tuple[Entry, ...]:
        """At most `count` entries in order, from the offset `start` on; empty for an unknown stream."""
        ...

    def health(self) -> str | None:
        """None when all is well, else what is wrong in a sentence; it never raises."""
        ...


def encoded(value: Value) -> str:
    """A value as compact JSON in plain ASCII. Raises ValueError for what JSON cannot say."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"no JSON value: {error}") from error


def checked(name: str) -> str:
    """The name of a key, stream or entry, when it can be written in UTF-8. Raises ValueError."""
    name.encode()
    return name


@dataclass(frozen=True, slots=True)
class MemoryStore:
    """The twin: dictionaries that end with the process."""

    values: dict[str, str] = field(default_factory=dict)
    streams: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    places: dict[tuple[str, str], int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, key: str, value: Value) -> None:
        """See Store."""
        self.values[checked(key)] = encoded(value)

    def get(self, key: str, default: Value = None) -> Value:
        """See Store."""
        text = self.values.get(checked(key))
        return default if text is None else json.loads(text)

    def delete(self, key: str) -> bool:
        """See Store."""
        return self.values.pop(checked(key), None) is not None

    def append(self, stream: str, value: Value, *, id: str) -> Appended:  # noqa: A002 - see Store
        """See Store."""
        place, text = (checked(stream), checked(id)), encoded(value)
        with self.lock:
            if place in self.places:
                return Appended(self.places[place], fresh=False)
            entries = self.streams.setdefault(stream, [])
            entries.append((id, text))
            self.places[place] = len(entries) - 1
            return Appended(len(entries) - 1, fresh=True)

    def read(self, stream: str, start: int = 0, count: int = 100) -> tuple[Entry, ...]:
        """See Store."""
        first = max(start, 0)
        found = self.streams.get(checked(stream), [])[first : first + max(count, 0)]
        return tuple(Entry(first + index, name, json.loads(text)) for index, (name, text) in enumerate(found))

    def health(self) -> str | None:
        """See Store."""
        return None
