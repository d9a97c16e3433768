"""What `serve-bot` does: a server that accepts, a queue that keeps, workers that answer, and an orderly end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dspy_ci.adapters import actionsevent, webserver
from dspy_ci.adapters.github.apps import AppTokens, read_key
from dspy_ci.adapters.github.client import Pace
from dspy_ci.adapters.github.forge import API, GitHub
from dspy_ci.adapters.locks import sole
from dspy_ci.adapters.sqlitestore import SqliteStore, default_path
from dspy_ci.commands.answering import answer
from dspy_ci.commands.responding import House, desk, pace
from dspy_ci.commands.serving import Workers
from dspy_ci.errors import ExitCode, MissingError, UsageError
from dspy_ci.ports.forge import Forge
from dspy_ci.requests.gate import Limits
from dspy_ci.requests.intake import Intake
from dspy_ci.requests.metrics import Metrics
from dspy_ci.requests.queue import Queue
from dspy_ci.requests.said import Said

_SHORTEST = 16
"""Characters of a secret."""
_GRACE = 30.0
"""Seconds that a command may still take when we are asked to stop; later it begins anew with the next start."""
_IDENTITY = 3600.0
"""Seconds for which we believe to know our own login."""


def host(
    *, host: str, port: int, state: Path | None, repos: tuple[str, ...], workers: int, capacity: int, max_body: int,
    app_id: int | None, app_key: Path | None, budget: str | None, allow_unsandboxed: bool, per_commit: int,
    per_day: int, pause: float | None,
) -> int:  # fmt: skip
    """Serve until a signal comes; the exit code."""
    secret = _secret()
    api = os.environ.get("GITHUB_API_URL", API)
    house = House(
        api, os.environ.get("GITHUB_SERVER_URL", "https://github.com"), None, budget, allow_unsandboxed,
        Limits(per_commit, per_day), pace(api, pause),
    )  # fmt: skip
    office = Office(_tokens(app_id, app_key, api), house)
    where = state or default_path(os.environ)
    with sole(where.with_suffix(".lock"), "another serve-bot"):
        store = SqliteStore(where)
        queue, metrics = Queue(store, capacity), Metrics()
        intake = Intake(secret, queue, frozenset(name.lower() for name in repos), metrics=metrics)
        crew = Workers(queue, office.answer, metrics, workers)
        site = webserver.Site(
            intake.receive, store.health, lambda: metrics.text(_gauges(queue, capacity)), metrics.took, max_body
        )
        app = webserver.application(site)
        socket = webserver.listening(host, port)
        address, number = socket.getsockname()[:2]
        sys.stderr.write(f"listening on http://{address}:{number}/webhook, {len(queue)} waiting\n")
        sys.stderr.flush()
        crew.start()
        seen = webserver.serve(app, socket)
        whole = crew.stop(_GRACE)
        sys.stderr.write(f"stopped, {len(queue)} waiting\n")
        if whole:
            store.close()
        return ExitCode.INTERRUPTED if seen == signal.SIGINT else ExitCode.SUCCESS


@dataclass(slots=True)
class Office:
    """Answers comments of any repository that the tokens reach."""

    token: Callable[[Said], str]
    house: House
    _known: dict[str, tuple[str | None, float]] = field(default_factory=dict)

    def answer(self, said: Said) -> str:
        """Deal with one comment; how it ended, in a word."""
        token = self.token(said)
        forge: Forge = _Named(said.repo, token, self._identity, api=self.house.api, pace=self.house.pace)
        return answer(said, desk(said, forge, self.house, token, forge)).word

    def _identity(self, repository: str, ask: Callable[[], str | None]) -> str | None:
        """Our login there, asked now and then only."""
        login, until = self._known.get(repository, (None, 0.0))
        if login is None or until < time.monotonic():
            login = ask()
            self._known[repository] = login, time.monotonic() + _IDENTITY
        return login


class _Named(GitHub):
    """GitHub, which need not be asked every time who we are."""

    def __init__(
        self, repository: str, token: str, known: Callable[[str, Callable[[], str | None]], str | None], *, api: str,
        pace: Pace | None,
    ) -> None:  # fmt: skip
        super().__init__(repository, token, api=api, pace=pace)
        self._repository, self._remembered = repository, known

    def identity(self) -> str | None:
        """See Talks."""
        return self._remembered(self._repository, super().identity)


def _secret() -> bytes:
    secret = os.environ.get("DSPY_CI_WEBHOOK_SECRET", "")
    if not secret:
        raise MissingError(
            "there is no secret for the webhook",
            hint="set DSPY_CI_WEBHOOK_SECRET to what the webhook has, e.g. made by `openssl rand -hex 32`",
        )
    if len(secret) < _SHORTEST:
        raise UsageError(f"the secret of the webhook is shorter than {_SHORTEST} characters")
    return secret.encode()


def _tokens(app: int | None, key: Path | None, api: str) -> Callable[[Said], str]:
    """Where the token for a comment comes from."""
    if app and key:
        tokens = AppTokens(app, read_key(key), api)
        return lambda said: tokens.token(said.repo, said.installation)
    if app or key:
        raise UsageError("an App has an id and a key", hint="give both --app-id and --app-key")
    token = actionsevent.token(os.environ)
    if not token:
        raise MissingError("there is no token to answer with", hint="set GITHUB_TOKEN, or --app-id and --app-key")
    return lambda _: token


def _gauges(queue: Queue, capacity: int) -> dict[str, float]:
    return {"queue_depth": len(queue), "in_flight": queue.working, "queue_capacity": capacity, "up": 1}
