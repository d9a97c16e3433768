"""How much of a model's budget a text takes."""

from __future__ import annotations

import re

_PIECES = re.compile(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]+|\n")


def tokens(text: str) -> int:
    """An estimate for byte-pair encodings, on the high side: words by sixes, digits by threes, signs by twos."""
    return sum(_cost(piece) for piece in _PIECES.findall(text))


def _cost(piece: str) -> int:
    if piece[0].isalpha() and piece.isascii():
        return -(-len(piece) // 6)
    if piece.isdigit():
        return -(-len(piece) // 3)
    return -(-len(piece.encode(errors="replace")) // 3)
