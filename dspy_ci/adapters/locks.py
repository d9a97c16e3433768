"""One at a time: a lock that two processes of the same repository share."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dspy_ci.errors import MissingError

_PATIENCE = 60.0


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; waits for another holder. Raises MissingError after a minute, or when it cannot."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - POSIX only

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as handle:
            deadline = time.monotonic() + _PATIENCE
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise MissingError("another hook of this repository does not end") from None
                    time.sleep(0.02)
            yield
    except OSError as error:
        raise MissingError(f"cannot lock {folder}: {(error.strerror or str(error)).lower()}") from error


@contextmanager
def sole(path: Path, other: str) -> Iterator[None]:
    """Be the only one that holds this file; ends with the process, however that ends. Raises MissingError at once."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - POSIX only

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hint = "give this one a --state of its own"
            raise MissingError(f"{other} works with {path.parent} already", hint=hint) from None
        yield
