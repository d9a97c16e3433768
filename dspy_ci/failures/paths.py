"""Whose file a path is, and how it is called inside the repository."""

from __future__ import annotations

import re
from collections.abc import Iterable

_FOREIGN = re.compile(
    r"<|.*?(?:/|\\)(?:site-packages|dist-packages|node_modules|hostedtoolcache|\.venv|\.tox|\.nox|\.cargo|rustc)(?:/|\\)"
    r"|.*?(?:/|\\)lib(?:64)?(?:/|\\)python\d|(?:\.\./)*/?(?:usr|opt|root/\.|nix|rustc)/(?!src/)|(?:\.\./)*(?:site-packages|node_modules|\.venv|\.tox|\.nox)/"
    r"|node:|internal/"
)
_CHECKOUT = re.compile(
    r"/home/runner/work/[^/\s]+/[^/\s]+(?=/|$)"
    r"|/Users/runner/work/[^/\s]+/[^/\s]+(?=/|$)"
    r"|[A-Za-z]:[\\/]a[\\/][^\\/\s]+[\\/][^\\/\s]+(?=[\\/]|$)"
    r"|/__w/[^/\s]+/[^/\s]+(?=/|$)"
    r"|/github/workspace(?=/|$)"
    r"|/home/vsts/work/\d+/s(?=/|$)"
    r"|/builds/(?:[^/\s]+/)+?[^/\s]+(?=/|$)"
    r"|/home/travis/build/[^/\s]+/[^/\s]+(?=/|$)"
    r"|/var/lib/buildkite-agent/builds/[^/\s]+/[^/\s]+/[^/\s]+(?=/|$)"
    r"|(?:/\w+)*/workspace/[^/\s]+(?:@\d+)?(?=/|$)"
    r"|/home/circleci/(?:project|repo)(?=/|$)|/root/project(?=/|$)"
)


def is_ours(path: str) -> bool:
    """Whether a path of a frame lies in the repository, as far as its name tells."""
    return bool(path) and not _FOREIGN.match(path)


_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")


class Checkout:
    """The folders that the log shows to be the checkout; makes paths repository-relative."""

    def __init__(self, roots: Iterable[str] = ()) -> None:
        self._roots: list[str] = []
        for root in roots:
            self.add(root)

    def add(self, root: str) -> None:
        """Learn one more folder, from a line that names it."""
        root = root.replace("\\", "/").rstrip("/")
        if root.count("/") > 1 and root not in self._roots:
            self._roots.append(root)
            self._roots.sort(key=len, reverse=True)

    def learn(self, paths: Iterable[str]) -> None:
        """Where nothing names the checkout: the folder before a path that is also printed relative."""
        seen = {path.replace("\\", "/") for path in paths}
        relative = {path.removeprefix("./") for path in seen if not _ABSOLUTE.match(path)}
        for path in seen:
            if _ABSOLUTE.match(path) and self.relative(path) == path:
                tail = next((tail for tail in relative if path.endswith("/" + tail)), None)
                if tail:
                    self.add(path[: -len(tail) - 1])

    def relative(self, path: str) -> str:
        """The path inside the repository, with forward slashes; a foreign path as it was printed."""
        if not is_ours(path):
            return path
        path = path.replace("\\", "/").removeprefix("file://")
        for root in self._roots:
            if path.startswith(root + "/"):
                return path[len(root) + 1 :]
        if path.startswith(("/", "D:", "C:", "d:", "c:")) and (match := _CHECKOUT.match(path)):
            path = path[match.end() :].lstrip("/") or path
        while path.startswith("./"):
            path = path[2:]
        return path


def checkout_in(text: str) -> str | None:
    """The checkout folder that a text begins with, by the habits of CI systems."""
    match = _CHECKOUT.match(text)
    return match[0] if match else None
