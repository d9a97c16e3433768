"""From chunks of bytes to blocks of text that end at line ends."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from dspy_ci.logs.plain import CONTROL, clipped

LONGEST = 1 << 20
"""A line beyond this many bytes keeps its head and tail while it is still being read."""
_CONTROL = dict.fromkeys(CONTROL)


def blocks(chunks: Iterable[bytes]) -> Iterator[str]:
    """Text in whole lines, each block ending with a line end except maybe the last; bad bytes become U+FFFD."""
    rest, lossy = "", _Lossy()
    for chunk in chunks:
        text = rest + lossy.decode(chunk)
        whole, end, rest = text.rpartition("\n")
        if end:
            yield whole + end
        if len(rest) > LONGEST:
            rest = clipped(rest)
    rest += lossy.decode(b"", final=True)
    if rest:
        yield rest


class _Lossy:
    """An incremental decoder that looks at the byte order mark and never fails."""

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._wide = False

    def decode(self, chunk: bytes, *, final: bool = False) -> str:
        """The text of one more chunk."""
        if self._decoder is None:
            if not chunk:
                return ""
            encoding = _encoding(chunk)
            self._wide = encoding == "utf-16"
            self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        if self._wide:
            return self._decoder.decode(chunk, final).translate(_CONTROL)
        return self._decoder.decode(chunk.translate(None, CONTROL), final)


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"
