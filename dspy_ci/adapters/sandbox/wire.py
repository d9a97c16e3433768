"""Frames between us and the keeper of a copy: a JSON head and raw bytes behind it."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_SIZES = struct.Struct("!II")


def send(peer: socket.socket, head: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Send one frame."""
    text = json.dumps({**head, "blobs": [len(blob) for blob in blobs]}).encode()
    body = b"".join(blobs)
    peer.sendall(_SIZES.pack(len(text), len(body)) + text + body)


def receive(peer: socket.socket) -> tuple[dict[str, Any], list[bytes]]:
    """Receive one frame; EOFError when the other side has gone."""
    text_size, body_size = _SIZES.unpack(_exactly(peer, _SIZES.size))
    head: dict[str, Any] = json.loads(_exactly(peer, text_size))
    body = _exactly(peer, body_size)
    blobs, start = [], 0
    for size in head["blobs"]:
        blobs.append(body[start : start + size])
        start += size
    return head, blobs


def _exactly(peer: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = peer.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
