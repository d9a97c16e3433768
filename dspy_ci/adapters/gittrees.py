"""The commit and the index, or two commits, through git itself: a few short processes, however large it is."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from dspy_ci.errors import MissingError, UsageError
from dspy_ci.ports.trees import Move, Side

_SAFE = ("-c", "safe.directory=*", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false",
         "-c", "core.quotePath=false")  # fmt: skip
FILES = frozenset({"100644", "100755", "100664"})
"""The modes of regular files."""
_STAGED = re.compile(r"(?:^|(?<=\0))100[0-7]{3} ([0-9a-f]+) 0\t([^\0]+)")
_EMPTY = frozenset({
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
})  # fmt: skip
"""The empty blob, in either of git's hashes."""
_LARGEST = 2_000_000
"""Bytes of a file that is still judged."""
_PATIENCE = 60
_AT_ONCE = 3000
"""How many files are indexed in one go; a repository with more is answered by `git grep` until all are known."""


def git(folder: Path, *args: str, check: bool = True) -> bytes:
    """What git printed; no hook, no lock and no program of the repository's configuration. Raises MissingError."""
    env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}
    try:
        done = subprocess.run(
            ["git", *_SAFE, *args], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise MissingError("git was not found", hint="install git and make sure that it is on PATH") from error
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"git {args[0]} did not answer within {_PATIENCE} seconds") from error
    if check and done.returncode:
        raise MissingError(f"git {args[0]} failed: {_text(done.stderr).strip() or done.returncode}")
    return b"" if done.returncode else done.stdout


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository lies."""

    root: Path
    """The working tree around the folder."""
    private: Path
    """The git folder of this working tree."""
    common: Path
    """The git folder that all working trees share."""


def place(folder: Path) -> Place:
    """Find the repository around a folder. Raises UsageError outside git and in a bare repository."""
    answer = _text(git(folder, "rev-parse", "--show-toplevel", "--git-dir", "--git-common-dir", check=False))
    lines = answer.split("\n")
    if len(lines) < 3:  # one line for each question
        raise UsageError(f"not a git working tree: {folder}", hint="go to your project, or make it one with `git init`")
    return Place(Path(lines[0]), folder / lines[1], folder / lines[2])


class GitTrees:
    """See Trees for the contract."""

    def __init__(
        self, root: Path, before: str | None = "HEAD", after: str | None = None, cache: Path | None = None
    ) -> None:
        """From a commit (None for nothing at all) to another one, or to the index when that is None.

        What was learnt about blobs is kept in the cache folder, when there is one.
        """
        self._root = root
        self._after = after
        self._cache = cache
        self._diffs: dict[str, list[tuple[str | None, str | None, str, str]]] = {}
        self._before = before or _text(git(root, "hash-object", "-t", "tree", os.devnull)).strip()

    def moves(self) -> tuple[Move, ...]:
        """See Trees; a changed submodule or symlink moves nothing that could be judged."""
        return tuple(Move(old, new) for old, new, *_ in self._changes)

    def paths(self, side: Side) -> tuple[str, ...]:
        """See Trees."""
        return tuple(sorted(self._oids(side)))

    def read(self, side: Side, path: str) -> bytes:
        """See Trees."""
        oid = self._oids(side).get(path)
        if oid is None:
            raise FileNotFoundError(path)
        return self._reader.read(oid)

    def mentions(self, words: Collection[str]) -> tuple[str, ...]:
        """See Trees."""
        if not words or self._cache is None:
            return self._grep(words)
        import sqlite3  # noqa: PLC0415 - few commits take anything away

        from dspy_ci.adapters.words import opened  # noqa: PLC0415 - the same

        python = {path: oid for path, oid in self._now.items() if path.endswith(".py")}
        try:
            with opened(self._cache) as index:
                known = index.known()
                if len(known) > 4 * len(python) + _AT_ONCE:
                    index.clear()
                    known = frozenset()
                missing = set(python.values()) - known
                if len(missing) <= _AT_ONCE:
                    index.add(self._readable(missing))
                    holders = index.holders(words)
                    return tuple(sorted(path for path, oid in python.items() if oid in holders))
                index.add(self._readable(sorted(missing)[:_AT_ONCE]))  # the rest on other days
        except sqlite3.Error:
            pass  # git can answer as well, if not as fast
        return self._grep(words)

    def _readable(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Blobs with what they hold; nothing of those that are too large, or not here."""
        for oid in oids:
            data = b""
            with suppress(OSError):
                data = self._reader.read(oid)
            yield oid, data

    def naming(self, text: str) -> tuple[str, ...]:
        """See Trees."""
        return self._holding("-F", "-e", text)

    def _grep(self, words: Collection[str]) -> tuple[str, ...]:
        """Mentions by git's own search."""
        if not words:
            return ()
        patterns = [part for word in sorted(words) for part in ("-e", word)]
        return tuple(path for path in self._holding("-wF", *patterns) if path.endswith(".py"))

    def _holding(self, *search: str) -> tuple[str, ...]:
        where = [self._after] if self._after else []
        cached = [] if self._after else ["--cached"]
        found = _text(git(self._root, "grep", *cached, "-lzI", *search, *where, check=False))
        cut = len(self._after) + 1 if self._after else 0
        return tuple(sorted(path[cut:] for path in found.split("\0") if path[cut:] in self._now))

    def lies_about(self, path: str) -> Literal["untracked", "ignored"] | None:
        """See Trees."""
        if not (self._root / path).is_file():
            return None
        return "ignored" if git(self._root, "check-ignore", "--", path, check=False) else "untracked"

    def _oids(self, side: Side) -> Mapping[str, str]:
        return self._then if side == "before" else self._now

    @cached_property
    def _now(self) -> dict[str, str]:
        """Path to blob id of the tree to be."""
        if self._after:
            listed = _text(git(self._root, "ls-tree", "-rz", "--full-tree", self._after))
            return {path: head.split(" ")[2] for head, path in entries(listed) if head[:6] in FILES}
        listed = _text(git(self._root, "ls-files", "-sz"))
        intended = self._intended
        return {path: oid for oid, path in _STAGED.findall(listed) if path not in intended}

    @cached_property
    def _then(self) -> dict[str, str]:
        """Path to blob id of the tree that was: the tree to be, with the changes taken back."""
        found = dict(self._now)
        for _, new, _, _ in self._changes:
            if new:
                found.pop(new, None)
        found.update({old: old_oid for old, _, old_oid, _ in self._changes if old})
        return found

    @cached_property
    def _changes(self) -> list[tuple[str | None, str | None, str, str]]:
        """Path before, path after, blob before, blob after; only regular files."""
        return [change for change in self._diff("visible") if change[1] not in self._intended]

    @cached_property
    def _intended(self) -> frozenset[str]:
        """Paths of `git add -N`: the index lists them, a commit leaves them out."""
        if self._after or not any(not old and new_oid in _EMPTY for old, _, _, new_oid in self._diff("visible")):
            return frozenset()
        seen, real = ({new for _, new, _, _ in self._diff(kind)} for kind in ("visible", "invisible"))
        return frozenset(path for path in seen - real if path)

    def _diff(self, intended: str) -> list[tuple[str | None, str | None, str, str]]:
        """What git says has changed, with or without what is only intended to be added."""
        if intended not in self._diffs:
            # without a commit, `--cached` means HEAD, and before the first commit nothing at all
            end = [self._before] if self._before != "HEAD" else []
            end = [*end, self._after] if self._after else ["--cached", f"--ita-{intended}-in-index", *end]
            self._diffs[intended] = list(_changes(_text(git(
                self._root, "diff", "--raw", "-z", "--no-abbrev", "-M", "--no-ext-diff", "--ignore-submodules=all",
                "--diff-filter=ADMRT", *end,
            ))))  # fmt: skip
        return self._diffs[intended]

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self._root)

    def __enter__(self) -> GitTrees:
        return self

    def __exit__(self, *_: object) -> None:
        if "_reader" in self.__dict__:
            self._reader.close()


class Reader:
    """One `git cat-file --batch` for all blobs."""

    def __init__(self, root: Path) -> None:
        """Start the process."""
        self._git = subprocess.Popen(
            ["git", *_SAFE, "cat-file", "--batch"],
            cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def read(self, oid: str) -> bytes:
        """The blob; OSError when it is missing (a partial clone) or too large."""
        assert self._git.stdin and self._git.stdout  # noqa: S101, PT018 - pipes were asked for
        self._git.stdin.write(f"{oid}\n".encode())
        self._git.stdin.flush()
        head = self._git.stdout.readline().split()
        if len(head) != 3:  # id, kind and size, or the word "missing"
            raise FileNotFoundError(oid)
        size = int(head[2])
        if size > _LARGEST:
            self._skip(size + 1)
            raise OSError(f"{oid} is too large")
        data = self._git.stdout.read(size + 1)
        if len(data) <= size:
            raise OSError(f"git ended in the middle of {oid}")
        return data[:-1]

    def _skip(self, size: int) -> None:
        assert self._git.stdout  # noqa: S101 - a pipe was asked for
        while size and (data := self._git.stdout.read(min(size, 1 << 20))):
            size -= len(data)

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            self._git.communicate(timeout=_PATIENCE)


def entries(listed: str) -> Iterator[tuple[str, str]]:
    """What stands before the tab of each entry, and the path behind it."""
    for entry in listed.split("\0"):
        head, tab, path = entry.partition("\t")
        if tab:
            yield head, path


def _changes(raw: str) -> Iterator[tuple[str | None, str | None, str, str]]:
    parts = iter(raw.split("\0"))
    for head in parts:
        if not head.startswith(":"):
            continue
        old_mode, new_mode, old, new, status = head[1:].split(" ")
        first = next(parts)
        second = next(parts) if status[0] in "RC" else first
        before = first if old_mode in FILES else None
        after = second if new_mode in FILES else None
        if before or after:
            yield before, after, old, new


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
