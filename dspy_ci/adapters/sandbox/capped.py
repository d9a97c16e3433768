"""Output that may be endless: its head and its tail are kept."""

from __future__ import annotations

from collections import deque

_PIECE = 1 << 12


class Capped:
    """Bytes up to a limit; what lies between head and tail is counted and dropped."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail: deque[bytearray] = deque()
        self._held = 0
        self.dropped = 0

    def add(self, data: bytes) -> None:
        """Keep what there is room for."""
        room = self._half - len(self._head)
        self._head += data[:room]
        if rest := data[room:]:
            self._append(rest)
        while self._tail and self._held - len(self._tail[0]) >= self._half:
            gone = len(self._tail.popleft())
            self._held -= gone
            self.dropped += gone

    def _append(self, data: bytes) -> None:
        """Small pieces are put together: one byte that is kept alone costs forty."""
        if self._tail and len(self._tail[-1]) + len(data) <= _PIECE:
            self._tail[-1] += data
        else:
            self._tail.append(bytearray(data))
        self._held += len(data)

    @property
    def data(self) -> bytes:
        """Head and tail, with a sentence between them when something was dropped."""
        note = f"\n[... {self.dropped} bytes dropped ...]\n".encode() if self.dropped else b""
        return bytes(self._head) + note + b"".join(self._tail)
