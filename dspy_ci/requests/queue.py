"""Commands that wait: bounded, durable, in order on each pull request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dspy_ci.ports.forge import User
from dspy_ci.ports.store import Entry, Store
from dspy_ci.requests.said import Said

_STREAM = "bot.requests"
_CURSOR = "bot.requests:cursor"
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command in the queue."""

    offset: int
    said: Said
    tries: int = 0
    """How often it was begun, also by processes that are gone."""

    @property
    def line(self) -> tuple[str, int]:
        """What it must be in order with: the other commands on its pull request."""
        return self.said.repo, self.said.number


class Queue:
    """What was offered and is not done, in one store; one process at a time works on it.

    The stream holds every command once, by the id of its comment: so a delivery that is repeated, or replayed under
    another name, is known. Whatever was accepted and is not done when the process ends, however it ends, is there again
    when the next one starts.
    """

    def __init__(self, store: Store, capacity: int = 1000, clock: Callable[[], float] = time.monotonic) -> None:
        """Take up what an earlier process has left."""
        self._store = store
        self._capacity = capacity
        self._clock = clock
        self._changed = threading.Condition()
        self._pending: dict[int, Waiting] = {}
        self._busy: dict[int, Waiting] = {}
        self._not_before: dict[tuple[str, int], float] = {}
        self._reserved = 0
        self._closed = False
        self._cursor: int = store.get(_CURSOR, 0)
        self._end = self._cursor
        self._recover()

    def __len__(self) -> int:
        """How many wait or are worked on."""
        with self._changed:
            return len(self._pending) + len(self._busy)

    @property
    def working(self) -> int:
        """How many are worked on."""
        return len(self._busy)

    def offer(self, said: Said) -> Literal["queued", "known", "full"]:
        """Accept a command; when this returns, it is on disk. Raises MissingError when it cannot be kept."""
        with self._changed:
            if self._closed or len(self._pending) + len(self._busy) + self._reserved >= self._capacity:
                return "full"
            self._reserved += 1
        try:
            added = self._store.append(_STREAM, asdict(said), id=f"{said.repo}:{said.comment}")
        except BaseException:  # whatever it was, the place is free again
            with self._changed:
                self._reserved -= 1
            raise
        with self._changed:
            self._reserved -= 1
            if not added.fresh:
                return "known"
            self._end = max(self._end, added.offset + 1)
            self._pending[added.offset] = Waiting(added.offset, said)
            self._changed.notify()
            return "queued"

    def take(self, patience: float) -> Waiting | None:
        """The oldest command whose pull request nobody works on; None when there is none for so many seconds."""
        deadline = self._clock() + patience
        with self._changed:
            while not self._closed:
                found = self._next()
                if found:
                    found = Waiting(found.offset, found.said, found.tries + 1)
                    del self._pending[found.offset]
                    self._busy[found.offset] = found
                    break
                left = deadline - self._clock()
                if left <= 0:
                    return None
                self._changed.wait(min(left, 0.2))
            else:
                return None
        self._store.put(_tries(found.offset), found.tries)
        return found

    def done(self, waiting: Waiting, outcome: str) -> None:
        """Never again."""
        self._store.put(_done(waiting.offset), outcome)
        with self._changed:
            del self._busy[waiting.offset]
            self._not_before.pop(waiting.line, None)
            cursor = min([*self._pending, *self._busy, self._end])
            gone, self._cursor = range(self._cursor, cursor), cursor
            self._changed.notify_all()
        self._forget(gone)

    def back(self, waiting: Waiting, pause: float) -> None:
        """Again, in so many seconds; what follows on the same pull request waits for it."""
        with self._changed:
            self._not_before[waiting.line] = self._clock() + pause
            del self._busy[waiting.offset]
            self._pending = dict(sorted([*self._pending.items(), (waiting.offset, waiting)]))
            self._changed.notify_all()

    def close(self) -> None:
        """Hand out nothing more; what waits stays in the store."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self) -> Waiting | None:
        taken = {one.line for one in self._busy.values()}
        now = self._clock()
        for waiting in self._pending.values():
            if waiting.line not in taken and self._not_before.get(waiting.line, now) <= now:
                return waiting
            taken.add(waiting.line)
        return None

    def _recover(self) -> None:
        while entries := self._store.read(_STREAM, self._end, _PAGE):
            for entry in entries:
                self._end = entry.offset + 1
                if self._store.get(_done(entry.offset)) is None:
                    self._take_up(entry)

    def _take_up(self, entry: Entry) -> None:
        try:
            said = _said(entry.value)
        except (TypeError, KeyError, AttributeError):  # another version wrote it; one entry must not stop the service
            self._store.put(_done(entry.offset), "unreadable")
            return
        self._pending[entry.offset] = Waiting(entry.offset, said, self._store.get(_tries(entry.offset), 0))

    def _forget(self, gone: range) -> None:
        """Move the cursor first: a mark that is left over does no harm, one that is missing would."""
        if gone:
            self._store.put(_CURSOR, gone.stop)
        for offset in gone:
            self._store.delete(_done(offset))
            self._store.delete(_tries(offset))


def _done(offset: int) -> str:
    return f"bot.requests:done:{offset}"


def _tries(offset: int) -> str:
    return f"bot.requests:tries:{offset}"


def _said(value: dict[str, Any]) -> Said:
    return Said(**{**value, "author": User(**value["author"])})
