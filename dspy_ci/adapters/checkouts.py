"""A commit of a pull request as files in a folder of its own: fetched with a token that does not stay there."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dspy_ci.errors import MissingError, UsageError
from dspy_ci.ports.workshop import Spot

_PATIENCE = 600
_DEPTH = "50"
"""Commits of history: the search looks at what was changed lately."""
_SETTINGS = {
    "core.hooksPath": os.devnull, "core.fsmonitor": "false", "protocol.allow": "never",
    "protocol.https.allow": "always", "protocol.http.allow": "always", "protocol.file.allow": "always",
    "transfer.fsckObjects": "true", "gc.auto": "0",
    "advice.detachedHead": "false", "submodule.recurse": "false", "init.defaultBranch": "main",
    "filter.lfs.smudge": "", "filter.lfs.required": "false",
}  # fmt: skip

_NETWORK = ("https_proxy", "HTTPS_PROXY", "http_proxy", "no_proxy", "NO_PROXY", "GIT_SSL_CAINFO", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Checkouts:
    """The pull request of a repository."""

    url: str
    number: int
    token: str = field(default="", repr=False)
    here: Path | None = None
    """A working tree that may be at the commit already, with the project's environment around it."""

    @contextmanager
    def at(self, spot: Spot) -> Iterator[Path]:
        """A folder with the files of the head, when that is the commit. Raises UsageError when it has moved on."""
        if self.here is not None and _is_at(self.here, spot.commit):
            yield self.here
            return
        with tempfile.TemporaryDirectory(prefix="dspy-ci-", ignore_cleanup_errors=True) as name:
            folder = Path(name) / "checkout"
            folder.mkdir()
            self._fetch(folder, spot)
            yield folder

    def _fetch(self, folder: Path, spot: Spot) -> None:
        plain = _environment()
        _git(folder, plain, "init", "--quiet")
        fetch = ("fetch", "--quiet", "--no-tags", "--depth", _DEPTH, "--no-recurse-submodules", self.url)
        known = _environment(self.url, self.token)
        _git(folder, known, *fetch, f"+refs/pull/{self.number}/head:refs/dspy-ci/head")
        if _git(folder, plain, "rev-parse", "refs/dspy-ci/head").strip() != spot.commit:
            raise UsageError("the branch has moved on while I fetched it; ask again")
        with suppress(MissingError):  # without the base less can be compared, and that is said
            _git(folder, known, *fetch, f"+{spot.base}:refs/dspy-ci/base")
        _git(folder, plain, "checkout", "--quiet", "--detach", spot.commit)


def _is_at(folder: Path, sha: str) -> bool:
    """Whether a folder is a clean working tree of the commit."""
    try:
        head = _git(folder, _environment(), "rev-parse", "HEAD").strip()
        return head == sha and not _git(folder, _environment(), "status", "--porcelain", "--untracked-files=no")
    except MissingError:
        return False


def _environment(url: str = "", token: str = "") -> dict[str, str]:
    """What git sees: nothing of the person's configuration, and the token only for the host that it is for."""
    given = dict(_SETTINGS)
    if token:
        parts = urlsplit(url)
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        given[f"http.{parts.scheme}://{parts.netloc}/.extraheader"] = f"Authorization: Basic {basic}"
    config = {
        f"GIT_CONFIG_{kind}_{number}": text
        for number, pair in enumerate(given.items())
        for kind, text in zip(("KEY", "VALUE"), pair, strict=True)
    }
    return {
        "PATH": os.environ.get("PATH", os.defpath), "HOME": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_OPTIONAL_LOCKS": "0", "GIT_CONFIG_COUNT": str(len(given)), **config,
        **{name: os.environ[name] for name in _NETWORK if name in os.environ},
    }  # fmt: skip


def _git(folder: Path, environment: dict[str, str], *args: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-c", f"safe.directory={folder}", *args], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(
            f"git {args[0]} could not be run", hint="is git installed, and the network there?"
        ) from error
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MissingError(f"git {args[0]} failed: {why[-1][:200] if why else done.returncode}")
    return done.stdout.decode("utf-8", "replace")
