"""Tokens of a GitHub App: one for each installation, made anew before it ends."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dspy_ci.errors import Forbidden, MissingError, Unreachable

if TYPE_CHECKING:
    from github import GithubIntegration

_SPARE = 600.0
"""Seconds that a token must still last, so that it does not end while it is used."""


@dataclass(slots=True)
class AppTokens:
    """The installations of one App."""

    app: int
    key: str = field(repr=False)
    """The private key, as PEM."""
    api: str
    _known: dict[int, tuple[str, float]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self, repository: str, installation: int | None) -> str:
        """A token for a repository. Raises Forbidden when the App is not known there, Unreachable without an answer."""
        with self._lock:
            github = self._integration()
            number = installation or self._asked(lambda: github.get_repo_installation(*repository.split("/")).id)
            token, ends = self._known.get(number, ("", 0.0))
            if ends - time.time() < _SPARE:
                made = self._asked(lambda: github.get_access_token(number))
                token, ends = made.token, made.expires_at.timestamp()
                self._known[number] = token, ends
            return token

    def _integration(self) -> GithubIntegration:
        try:
            from github import Auth, GithubIntegration  # noqa: PLC0415 - half a second that only Apps pay
        except ImportError:
            raise MissingError("PyGithub is not installed", hint="pip install 'dspy-ci[bot]'") from None
        return GithubIntegration(auth=Auth.AppAuth(self.app, self.key), base_url=self.api)

    def _asked(self, question: Any) -> Any:
        import requests  # noqa: PLC0415 - comes with PyGithub
        from github import GithubException  # noqa: PLC0415 - the same

        try:
            return question()
        except GithubException as error:
            if error.status >= 500:
                raise Unreachable(f"GitHub answered {error.status} when asked for a token of the App") from None
            raise Forbidden(
                f"GitHub gives the App {self.app} no token for this repository ({error.status})",
                hint="is the App installed there, and is the key the newest one?",
            ) from None
        except (requests.RequestException, OSError):
            raise Unreachable("GitHub did not answer when asked for a token of the App") from None


def read_key(path: Path) -> str:
    """The private key in a file. Raises MissingError."""
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise MissingError(f"the key of the App cannot be read: {path}") from error
    if "PRIVATE KEY" not in text:
        raise MissingError(f"{path} holds no private key", hint="download one in the settings of the App")
    return text
