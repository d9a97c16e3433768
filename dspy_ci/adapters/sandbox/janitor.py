"""Folders of copies: locked while their keeper lives, removed by the next one when it died a sudden death."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from pathlib import Path

from dspy_ci.adapters.sandbox.tree import remove

_PREFIX = "dspy-ci-copy-"
_YOUNG = 60.0
"""Seconds in which a new folder may still be without its lock."""


def new_folder(base: str | None) -> str:
    """A folder for one copy; those of dead keepers beside it are removed."""
    folder = tempfile.mkdtemp(prefix=_PREFIX, dir=base)
    for sibling in Path(folder).parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if str(sibling) != folder and _is_abandoned(sibling):
                remove(str(sibling))
    return folder


def hold(folder: str) -> int:
    """Lock a folder for as long as the descriptor stays open, which a keeper's end closes however it comes."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _is_abandoned(folder: Path) -> bool:
    """Whether it is ours, not new, and nobody holds it."""
    status = folder.lstat()
    if status.st_uid != os.geteuid() or time.time() - status.st_mtime < _YOUNG:
        return False
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
