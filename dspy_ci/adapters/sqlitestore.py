"""The store in one SQLite file: durable at each commit, shared by threads and processes."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dspy_ci.errors import MissingError
from dspy_ci.ports.store import Appended, Entry, Value, checked, encoded

_PATIENCE = 5.0
"""Seconds to wait for another writer."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kv (
  ns TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, updated REAL NOT NULL, PRIMARY KEY (ns, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS streams (
  ns TEXT NOT NULL, stream TEXT NOT NULL, offset INTEGER NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL,
  created REAL NOT NULL, PRIMARY KEY (ns, stream, offset), UNIQUE (ns, stream, id)
) WITHOUT ROWID;
"""


def default_path(environment: Mapping[str, str]) -> Path:
    """Where the state of this user lies: never inside a repository."""
    given = environment.get("XDG_STATE_HOME", "")
    base = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    return base / "dspy-ci" / "state.sqlite"


class SqliteStore:
    """One namespace of a SQLite file in WAL mode. See Store for the contract."""

    def __init__(self, path: Path, namespace: str = "dspy") -> None:
        """Open the file; it is made, with its folder, when it is not there. Raises MissingError."""
        self._path = path
        self._ns = namespace
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise MissingError(f"cannot make {path.parent}: {(error.strerror or str(error)).lower()}") from error
        with self._errors():
            self._file = _opened(path)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    def put(self, key: str, value: Value) -> None:
        """See Store."""
        row = (self._ns, checked(key), encoded(value), time.time())
        with self._transaction():
            self._file.execute("INSERT OR REPLACE INTO kv VALUES (?, ?, ?, ?)", row)

    def get(self, key: str, default: Value = None) -> Value:
        """See Store."""
        rows = self._rows("SELECT value FROM kv WHERE ns = ? AND key = ?", checked(key))
        return json.loads(rows[0][0]) if rows else default

    def delete(self, key: str) -> bool:
        """See Store."""
        with self._transaction():
            return self._file.execute("DELETE FROM kv WHERE ns = ? AND key = ?", (self._ns, checked(key))).rowcount > 0

    def append(self, stream: str, value: Value, *, id: str) -> Appended:  # noqa: A002 - see Store
        """See Store."""
        checked(stream), checked(id)
        text = encoded(value)
        with self._transaction():
            known = self._file.execute(
                "SELECT offset FROM streams WHERE ns = ? AND stream = ? AND id = ?", (self._ns, stream, id)
            ).fetchone()
            if known:
                return Appended(known[0], fresh=False)
            (offset,) = self._file.execute(
                "SELECT coalesce(max(offset) + 1, 0) FROM streams WHERE ns = ? AND stream = ?", (self._ns, stream)
            ).fetchone()
            self._file.execute(
                "INSERT INTO streams VALUES (?, ?, ?, ?, ?, ?)", (self._ns, stream, offset, id, text, time.time())
            )
            return Appended(offset, fresh=True)

    def read(self, stream: str, start: int = 0, count: int = 100) -> tuple[Entry, ...]:
        """See Store."""
        rows = self._rows(
            "SELECT offset, id, value FROM streams WHERE ns = ? AND stream = ? AND offset >= ? ORDER BY offset LIMIT ?",
            checked(stream), max(start, 0), max(count, 0),
        )  # fmt: skip
        return tuple(Entry(offset, name, json.loads(text)) for offset, name, text in rows)

    def health(self) -> str | None:
        """See Store; a write that is taken back shows that one would succeed."""
        try:
            with self._lock, self._errors():
                self._file.execute("BEGIN IMMEDIATE")
                self._file.execute("ROLLBACK")
        except MissingError as error:
            return str(error)
        return None

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, self._errors():
            return self._file.execute(query, (self._ns, *values)).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, on disk when it ends."""
        with self._lock, self._errors():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:  # an interrupt too must not leave a transaction open
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise MissingError(
                f"the store {self._path} cannot be used: {error}",
                hint="another process may hold it, the disk may be full, or the file is none of ours",
            ) from error


def _opened(path: Path) -> sqlite3.Connection:
    """The file, ready for use and readable by its owner only."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    file = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        _wal(file)
        file.execute("PRAGMA synchronous=FULL")  # a command that was acknowledged survives a power cut
        file.executescript(_SCHEMA)
    except BaseException:  # whoever opened it in vain closes it
        file.close()
        raise
    return file


def _wal(file: sqlite3.Connection) -> None:
    """Switch to WAL; that change alone does not wait for other processes that are just opening the file."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(sqlite3.OperationalError):
            file.execute("PRAGMA journal_mode=WAL")
            return
        time.sleep(0.01)
    file.execute("PRAGMA journal_mode=WAL")
