"""JSON over HTTP with a deadline for the whole exchange: nothing is followed, nothing is repeated."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from dspy_ci import __version__
from dspy_ci.errors import ModelError

_LARGEST = 16 << 20
"""Bytes of an answer beyond which nothing is read."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    text: str

    @property
    def json(self) -> Any:
        """The parsed body; None when it is no JSON."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class Server:
    """One address to talk to."""

    url: str
    """`http://host:port/path`, without a slash at its end."""
    timeout: float
    """Seconds from the first byte sent to the last one received."""
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        """Host and port as people say them, without a name or a password."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine."""
        return (urlsplit(self.url).hostname or "") in _LOOPBACK

    def get(self, path: str) -> Reply:
        """Raises ModelError when no reply came back whole."""
        return self._exchange("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Raises ModelError when no reply came back whole."""
        return self._exchange("POST", path, json.dumps(body).encode())

    def _exchange(self, method: str, path: str, body: bytes | None) -> Reply:
        connection, target = _connection(self.url, self.timeout)
        alarm = _Alarm(connection, self.timeout)
        sent = False
        try:
            with alarm:
                connection.connect()
                sent = True
                connection.request(method, target + path, body, _headers(self.headers))
                response = connection.getresponse()
                data = response.read(_LARGEST + 1)
                if response.length and len(data) <= _LARGEST:
                    raise http.client.IncompleteRead(data, response.length)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._trouble(error, late=alarm.rang, sent=sent) from None
        finally:
            connection.close()
        if alarm.rang:
            raise self._trouble(TimeoutError(), late=True, sent=True)
        if len(data) > _LARGEST:
            raise ModelError("garbage", f"{self.host} sent more than {_LARGEST >> 20} MiB", spent=True)
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, data.decode("utf-8", "replace"))

    def _trouble(self, error: Exception, *, late: bool, sent: bool) -> ModelError:
        if late or isinstance(error, TimeoutError):
            return ModelError(
                "timeout", f"{self.host} did not answer within {self.timeout:g} seconds",
                hint="--model-timeout gives it longer", spent=sent,
            )  # fmt: skip
        if sent:
            return ModelError("cut", f"{self.host} broke off in the middle of its answer", spent=True)
        return ModelError(
            "unreachable", f"{self.host} cannot be reached: {_reason(error)}",
            hint="is the model server running, and is its address right?",
        )  # fmt: skip


class _Alarm:
    """Ends an exchange from outside when it is late: a server that drips bytes keeps every read alive."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self.rang = False
        self._connection = connection
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def _ring(self) -> None:
        self.rang = True
        if self._connection.sock:
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _connection(url: str, timeout: float) -> tuple[http.client.HTTPConnection, str]:
    """A connection that is not yet open, through the proxy of the environment if there is one; and the base path."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    proxy = None if proxy_bypass(host) or host in _LOOPBACK else getproxies().get(parts.scheme)
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    options: dict[str, Any] = {"context": ssl.create_default_context()} if secure else {}
    if not proxy:
        return kind(host, parts.port, timeout=timeout, **options), parts.path
    via = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    connection = kind(via.hostname or "", via.port, timeout=timeout, **options)
    if secure:
        connection.set_tunnel(host, parts.port or 443)
        return connection, parts.path
    return connection, f"http://{unquote(parts.netloc)}{parts.path}"


def _headers(own: Mapping[str, str]) -> dict[str, str]:
    return {
        "Content-Type": "application/json", "Accept": "application/json", "User-Agent": f"dspy-ci/{__version__}", **own
    }  # fmt: skip


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    if isinstance(error, ssl.SSLError):
        return f"its certificate or protocol is refused ({error.reason or error})"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return text.lower()
