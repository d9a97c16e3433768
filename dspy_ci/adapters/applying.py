"""Writing a patch into the user's files: all of it or nothing, and never the index."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dspy_ci.errors import MissingError, UsageError
from dspy_ci.ports.sandbox import Files


def apply(root: Path, before: Files, after: Files) -> None:
    """Replace files by their patched bytes; None stands for an absent file, before as well as after.

    Raises UsageError when a file is not what the patch was made for, MissingError when it cannot be written; then the
    files are as they were.
    """
    for path in after:
        if _current(root / path) != before.get(path):
            raise UsageError(f"{path} was changed since the patch was made", hint="run the same command again")
    done: dict[str, bytes | None] = {}
    try:
        for path, data in after.items():
            _put(root / path, data)
            done[path] = before.get(path)
    except OSError as error:
        _restore(root, done)
        raise MissingError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error
    except BaseException:  # an interrupt between two files must not leave half a patch
        _restore(root, done)
        raise


def _restore(root: Path, files: Mapping[str, bytes | None]) -> None:
    for path, data in files.items():
        with contextlib.suppress(OSError):
            _put(root / path, data)


def _current(path: Path) -> bytes | None:
    """The bytes of a regular file; anything else is as good as absent, and a patch of it is refused."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _put(path: Path, data: bytes | None) -> None:
    """Write through a temporary file beside the target, so that a full disk leaves the old bytes; the mode is kept."""
    if data is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(data)
        os.chmod(name, mode)  # noqa: PTH101 - the name is a string already
        os.replace(name, path)  # noqa: PTH105 - the same
    except BaseException:  # whatever happened, an interrupt too, no temporary file stays in the user's tree
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - the same
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
