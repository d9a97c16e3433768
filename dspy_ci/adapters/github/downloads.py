"""What GitHub redirects to: fetched without our token, resumed when it is cut, and bounded."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from dspy_ci.errors import Unreachable

_CHUNK = 1 << 18
_TRIES = 4
LARGEST = 512 << 20
"""Bytes of one log that are read at the most."""


def fetched(locate: Callable[[], str], *, secure: bool, timeout: float) -> Iterator[bytes]:
    """The bytes behind a short-lived address, in chunks; `locate` asks for a fresh one before each try.

    Raises Unreachable when even the last try was cut short.
    """
    have = 0
    for trial in range(_TRIES):
        problem = "the download was cut short"
        try:
            for chunk in _rest(_safe(locate(), secure=secure), have, timeout):
                have += len(chunk)
                yield chunk
                if have >= LARGEST:
                    return
        except urllib.error.HTTPError as error:
            if error.code == 416 and have:  # nothing lies beyond what we have
                return
            problem = f"the download answered {error.code}"
        except (OSError, http.client.HTTPException):
            pass
        else:
            return
        if trial == _TRIES - 1:
            raise Unreachable(problem)


def _rest(url: str, have: int, timeout: float) -> Iterator[bytes]:
    """The bytes from an offset on. Raises OSError when fewer come than were promised."""
    headers = {"User-Agent": "dspy-ci", **({"Range": f"bytes={have}-"} if have else {})}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked
    with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - the same
        promised = answer.headers.get("Content-Length")
        skip = have if answer.status != 206 else 0  # it does not know ranges and starts again
        came = 0
        while chunk := answer.read(_CHUNK):
            came += len(chunk)
            cut, skip = min(skip, len(chunk)), max(0, skip - len(chunk))
            if chunk[cut:]:
                yield chunk[cut:]
        if promised and came < int(promised):
            raise OSError("cut short")


def _safe(url: str, *, secure: bool) -> str:
    if urlsplit(url).scheme not in ({"https"} if secure else {"http", "https"}):
        raise Unreachable("GitHub redirects to an address that is not safe")
    return url
