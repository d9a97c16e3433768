"""Which blobs hold which words: kept in the git folder, so that looking for users costs the same in any repository.

Keyed by blob id, it is never out of date: a blob cannot change. All working trees and branches share it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

_VERSION = 1
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS blobs (id INTEGER PRIMARY KEY, oid TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS uses (word INTEGER, blob INTEGER, PRIMARY KEY (word, blob)) WITHOUT ROWID;
"""


class Words:
    """The index in one SQLite file. Every method may raise sqlite3.Error; the answer can then be had without it."""

    def __init__(self, file: sqlite3.Connection) -> None:
        """Take an open file; see `opened`."""
        self._file = file

    def known(self) -> frozenset[str]:
        """The ids of all blobs that were read."""
        return frozenset(oid for (oid,) in self._file.execute("SELECT oid FROM blobs"))

    def clear(self) -> None:
        """Forget all: most of it was about blobs that are long gone."""
        with self._file:
            self._file.execute("DELETE FROM uses")
            self._file.execute("DELETE FROM blobs")

    def add(self, blobs: Iterable[tuple[str, bytes]]) -> None:
        """Read blobs, all or none."""
        with self._file:
            rows: list[tuple[int, int]] = []
            for oid, data in blobs:
                number = self._file.execute("INSERT OR IGNORE INTO blobs (oid) VALUES (?)", (oid,)).lastrowid or 0
                rows += [(_key(word), number) for word in set(_WORD.findall(data))]
            rows.sort()
            self._file.executemany("INSERT OR IGNORE INTO uses VALUES (?, ?)", rows)

    def holders(self, words: Collection[str]) -> frozenset[str]:
        """The blobs that hold one of the words; now and then one that does not."""
        found: set[str] = set()
        for word in words:
            rows = self._file.execute(
                "SELECT oid FROM uses JOIN blobs ON blobs.id = uses.blob WHERE word = ?", (_key(word.encode()),)
            )
            found.update(oid for (oid,) in rows)
        return frozenset(found)


@contextmanager
def opened(folder: Path) -> Iterator[Words]:
    """The index of a git folder. Raises sqlite3.Error when it cannot be opened or is busy for long."""
    path = folder / f"words-{_VERSION}.sqlite"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
    file = sqlite3.connect(path, timeout=2)
    try:
        file.execute("PRAGMA synchronous=OFF")  # it can be made again
        file.executescript(_SCHEMA)
        yield Words(file)
    except sqlite3.DatabaseError as error:
        if not isinstance(error, sqlite3.OperationalError):  # it is damaged
            with suppress(OSError):
                path.unlink()
        raise
    finally:
        file.close()


def _key(word: bytes) -> int:
    return crc32(word)
