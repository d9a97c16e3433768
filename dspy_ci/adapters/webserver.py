"""A small web server for webhooks: Starlette says what is answered, uvicorn speaks HTTP."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dspy_ci.errors import MissingError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_SLOW = 15.0
"""Seconds within which a body must have arrived."""
_AT_ONCE = 200
"""Connections; more are told to come back."""


class Told(Protocol):
    """What the sender of a delivery is told."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def word(self) -> str:
        """What became of it."""

    @property
    def text(self) -> str:
        """Why."""

    @property
    def retry_after(self) -> int | None:
        """Seconds to wait."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is served. The functions are called in threads."""

    receive: Callable[[Mapping[str, str], bytes], Told]
    """Header names in lower case, and the very bytes that were sent."""
    health: Callable[[], str | None]
    """None when all is well, else what is wrong."""
    metrics: Callable[[], str]
    took: Callable[[float], None]
    """Told how many seconds each delivery waited for its answer."""
    largest: int = 4 << 20
    """Bytes of a body."""


def application(site: Site) -> Starlette:
    """The site as an ASGI application. Raises MissingError without the extra."""
    try:
        from starlette.applications import Starlette  # noqa: PLC0415 - an extra
        from starlette.concurrency import run_in_threadpool  # noqa: PLC0415 - the same
        from starlette.responses import JSONResponse, PlainTextResponse  # noqa: PLC0415 - the same
        from starlette.routing import Route  # noqa: PLC0415 - the same
    except ImportError as error:
        raise _missing() from error

    async def deliver(request: Request) -> Response:
        begun = asyncio.get_running_loop().time()
        body = await _body(request, site.largest)
        if isinstance(body, int):
            why = "the body is too large" if body == 413 else "the body did not arrive"
            return JSONResponse({"result": "broken", "reason": why}, body, {"Connection": "close"})
        try:
            told = await run_in_threadpool(site.receive, dict(request.headers), body)
        except MissingError:
            return JSONResponse({"result": "full", "reason": "the store cannot be written"}, 503, {"Retry-After": "30"})
        site.took(asyncio.get_running_loop().time() - begun)
        headers = {"Retry-After": str(told.retry_after)} if told.retry_after else {}
        return JSONResponse({"result": told.word, "reason": told.text}, told.status, headers)

    async def health(request: Request) -> Response:
        del request
        wrong = await run_in_threadpool(site.health)
        return JSONResponse({"ok": wrong is None, "error": wrong}, 503 if wrong else 200)

    async def metrics(request: Request) -> Response:
        del request
        return PlainTextResponse(await run_in_threadpool(site.metrics), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[
        Route("/", deliver, methods=["POST"]),
        Route("/webhook", deliver, methods=["POST"]),
        Route("/health", health),
        Route("/metrics", metrics),
    ])  # fmt: skip


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections; port 0 is any that is free. Raises MissingError."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=1024)
    except OSError as error:
        raise MissingError(
            f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}",
            hint="another server may run there; choose with --host and --port",
        ) from error


def serve(app: Starlette, where: socket.socket) -> int:
    """Serve until a signal comes, and finish the answers that were begun; the number of the signal."""
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _missing() from error
    seen: list[int] = []
    # uvicorn raises the signal again when it has stopped: only then are these called
    before = {one: signal.signal(one, lambda number, _: seen.append(number)) for one in (signal.SIGINT, signal.SIGTERM)}
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False, limit_concurrency=_AT_ONCE,
        timeout_graceful_shutdown=10, timeout_keep_alive=15, backlog=1024,
    )  # fmt: skip
    try:
        uvicorn.Server(config).run(sockets=[where])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return seen[-1] if seen else 0


async def _body(request: Request, largest: int) -> bytes | int:
    """What was sent, byte for byte; a status when it is too large, too slow, or cut off."""
    import anyio  # noqa: PLC0415 - comes with Starlette
    from starlette.requests import ClientDisconnect  # noqa: PLC0415 - an extra

    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said[:20]) > largest:
        return 413
    parts, size = list[bytes](), 0
    try:
        with anyio.fail_after(_SLOW):
            async for part in request.stream():
                size += len(part)
                if size > largest:
                    return 413
                parts.append(part)
    except (TimeoutError, ClientDisconnect):
        return 408
    return b"".join(parts)


def _missing() -> MissingError:
    return MissingError("the web server is not installed", hint="pip install 'dspy-ci[bot]'")
