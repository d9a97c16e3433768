"""Requests to GitHub: counted, paced, tried again where that is safe, and their failures as typed errors."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from dspy_ci.errors import Forbidden, MissingError, NotFound, Refused, Throttled, Unreachable, UsageError

if TYPE_CHECKING:
    from github.Requester import Requester

Record = dict[str, Any]
Value = TypeVar("Value")

_TRIES = 4
_PAGES = 50
"""Pages of a hundred that are read of one list at the most."""
_SECONDARY = 60.0
"""Seconds to wait after a secondary limit that names no time, as GitHub asks."""
_LONGEST_ANSWER = 32 << 20
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Answer(NamedTuple):
    """What came back, whatever it says."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def data(self) -> Any:
        """The JSON of the body. Raises Unreachable when it is none."""
        try:
            return json.loads(self.text) if self.text.strip() else None
        except ValueError:
            raise Unreachable(
                "GitHub's answer is not what it should be", hint="see https://www.githubstatus.com"
            ) from None

    @property
    def said(self) -> str:
        """What GitHub says went wrong, in one line."""
        try:
            told = json.loads(self.text)
            errors = [e if isinstance(e, str) else e.get("message") or json.dumps(e) for e in told.get("errors") or ()]
            return " ".join("; ".join([str(told.get("message", "")), *errors]).split())[:500]
        except (ValueError, AttributeError, TypeError):
            return ""


@dataclass(slots=True)
class Pace:
    """How patient we are, in seconds."""

    timeout: float = 20.0
    """For one answer."""
    patience: float = 180.0
    """Of waiting, over all requests of a run together."""
    between_writes: float = 1.0
    """GitHub asks for one second between requests that create something."""
    first: float = 1.0
    """The first wait after an answer that makes no sense; doubled each time."""


class Client:
    """A token, an address, and how many requests were made."""

    def __init__(self, token: str, *, api: str, pace: Pace | None = None) -> None:
        """Nothing is sent yet. Raises UsageError for an address to which a token must not go."""
        self.api = _checked(api)
        self.pace = pace or Pace()
        self.requests = 0
        self._left = self.pace.patience
        self._requester = _requester(token, self.api, self.pace)

    def ask(
        self, verb: str, path: str, *, needs: str, query: Mapping[str, Any] | None = None, body: Record | None = None,
        again: bool | None = None, accept: str | None = None,
    ) -> Answer:  # fmt: skip
        """One request, tried again while that may help; `needs` is the permission it takes.

        What GitHub refused because of a limit is always tried again. After no answer, or one of a broken server, only
        what does no harm twice is: `again` says so, by default everything but POST.
        """
        harmless = verb != "POST" if again is None else again
        for trial in range(_TRIES):
            answer = self._once(verb, path, query, body, accept)
            last = trial == _TRIES - 1
            if answer is None or answer.status >= 500:
                if last or not harmless:
                    raise _unreachable(answer, path)
                self._wait(self.pace.first * 2**trial * random.uniform(1, 1.25), path)  # noqa: S311 - no secret
            elif (limit := _limit(answer)) is not None:
                if last:
                    raise _throttled(path)
                self._wait(limit, path)
            elif answer.status >= 400:
                raise _failure(answer, path, needs)
            else:
                return answer
        raise AssertionError("the last try returns or raises")

    def one(self, path: str, parse: Callable[[Any], Value], *, needs: str, **query: Any) -> Value:
        """One thing."""
        return parsed(parse, self.ask("GET", path, needs=needs, query=query).data)

    def every(
        self, path: str, parse: Callable[[Any], Value], *, needs: str, within: str | None = None, **query: Any
    ) -> Iterator[Value]:
        """All things of a list, page by page; `within` is the key that holds them."""
        for page in range(1, _PAGES + 1):
            answer = self.ask("GET", path, needs=needs, query={**query, "per_page": 100, "page": page})
            found = parsed(lambda data: list(data[within] if within else data), answer.data)
            yield from (parsed(parse, item) for item in found)
            if 'rel="next"' not in answer.headers.get("link", ""):
                return

    def send(
        self,
        verb: str,
        path: str,
        body: Record,
        parse: Callable[[Any], Value],
        *,
        needs: str,
        again: bool | None = None,
    ) -> Value:
        """Change something, and read what came of it."""
        return parsed(parse, self.ask(verb, path, needs=needs, body=body, again=again).data)

    def graph(self, query: str, **variables: Any) -> Any:
        """The answer to a GraphQL query that changes nothing."""
        body = {"query": query, "variables": variables}
        told = self.ask("POST", "/graphql", needs="pull-requests: read", body=body, again=True).data
        if not isinstance(told, dict) or told.get("data") is None or told.get("errors"):
            raise Refused("GitHub's GraphQL API did not answer the question")
        return told["data"]

    def _once(
        self, verb: str, path: str, query: Mapping[str, Any] | None, body: Record | None, accept: str | None
    ) -> Answer | None:
        """One request; None when there was no answer, or only a part of one."""
        import requests  # noqa: PLC0415 - comes with PyGithub

        self.requests += 1
        headers = {"Accept": accept or "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        url = self._graphql_url() if path == "/graphql" else path
        try:
            status, answered, text = self._requester.requestJson(
                verb, url, parameters=dict(query or {}), headers=headers, input=body
            )
        except (requests.RequestException, OSError):
            return None
        if len(text) > _LONGEST_ANSWER:
            raise Unreachable(f"GitHub's answer for {path} is too large")
        return Answer(status, answered, text)

    def _graphql_url(self) -> str:
        """GitHub Enterprise keeps GraphQL beside, not below, the REST API."""
        return f"{self.api.removesuffix('/v3')}/graphql" if self.api.endswith("/api/v3") else "/graphql"

    def _wait(self, seconds: float, path: str) -> None:
        if seconds > self._left:
            raise _throttled(path)
        self._left -= seconds
        time.sleep(seconds)


def path_of(*parts: object) -> str:
    """A path whose parts cannot lead elsewhere: each one is quoted, slashes too."""
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)


def parsed(parse: Callable[[Any], Value], data: Any) -> Value:
    """What the parser makes of the data. Raises Unreachable when it is not as it should be."""
    try:
        return parse(data)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise Unreachable("GitHub's answer is not what it should be", hint="see https://www.githubstatus.com") from None


def _requester(token: str, api: str, pace: Pace) -> Requester:
    try:
        from github import Auth  # noqa: PLC0415 - half a second that only talking to GitHub pays
        from github.Requester import Requester  # noqa: PLC0415 - goes with it
    except ImportError:
        raise MissingError("PyGithub is not installed", hint="pip install 'dspy-ci[github]'") from None
    return Requester(
        auth=Auth.Token(token), base_url=api, timeout=int(pace.timeout) or 1, user_agent="dspy-ci", per_page=100,
        verify=True, retry=None, pool_size=None, seconds_between_requests=None,
        seconds_between_writes=pace.between_writes or None,
    )  # fmt: skip


def _checked(api: str) -> str:
    parts = urlsplit(api)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UsageError(f"a token is not sent to {api!r}", hint="the address of the API begins with https://")
    return api.rstrip("/")


def _limit(answer: Answer) -> float | None:
    """How long a limit asks us to wait; None when it is no limit."""
    if answer.status not in {403, 429}:
        return None
    headers = answer.headers
    if (after := headers.get("retry-after", "")).isdigit():
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0" and (reset := headers.get("x-ratelimit-reset", "")).isdigit():
        return max(1.0, float(reset) - time.time())
    low = answer.said.lower()
    return _SECONDARY if answer.status == 429 or "rate limit" in low or "abuse detection" in low else None


def _failure(answer: Answer, path: str, needs: str) -> Exception:
    said = f": {answer.said}" if answer.said else ""
    if answer.status == 401:
        return Forbidden(
            "GitHub does not accept the token", permission=needs, hint="it may have expired; make a new one"
        )
    if answer.status == 403:
        wanted = _accepted(answer) or needs
        return Forbidden(
            f"the token may not do this{said}", permission=wanted, hint=f"give the job `permissions: {wanted}`"
        )
    if answer.status in {404, 410}:
        return NotFound(f"GitHub has no {path}, or the token may not see it", hint=f"reading it takes `{needs}`")
    return Refused(f"GitHub refused the request{said}")


def _accepted(answer: Answer) -> str:
    """The permissions that would do, as the answer names them, in the words of a workflow file."""
    first = answer.headers.get("x-accepted-github-permissions", "").partition(";")[0]
    pairs = (part.partition("=") for part in first.split(",") if "=" in part)
    return ", ".join(f"{name.strip().replace('_', '-')}: {level.strip()}" for name, _, level in pairs)


def _throttled(path: str) -> Throttled:
    return Throttled(f"GitHub asks to wait longer than we can ({path})", hint="run it again later")


def _unreachable(answer: Answer | None, path: str) -> Unreachable:
    how = f"answered {answer.status}" if answer else "did not answer"
    return Unreachable(f"GitHub {how} ({path})", hint="see https://www.githubstatus.com")
