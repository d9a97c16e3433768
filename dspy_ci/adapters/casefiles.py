"""The folder in which mined cases and datasets lie: JSON lines, one object each."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dspy_ci.errors import UsageError


class CaseFiles:
    """A folder of our own."""

    def __init__(self, folder: Path, *, hidden: bool = True) -> None:
        """Make the folder when it is not there; hidden, git never sees it. Raises UsageError when that cannot be."""
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            ignore = folder / ".gitignore"
            if hidden and not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write to {folder}: {(error.strerror or str(error)).lower()}") from error

    def append(self, name: str, record: Mapping[str, Any]) -> None:
        """Add one line that survives a kill right after."""
        line = json.dumps(record, ensure_ascii=True) + "\n"
        path = self.folder / name
        torn = path.exists() and path.stat().st_size > 0 and not _ended(path)
        with path.open("a", encoding="utf-8") as sink:
            sink.write(("\n" if torn else "") + line)
            sink.flush()
            os.fsync(sink.fileno())

    def read(self, name: str) -> Iterator[dict[str, Any]]:
        """The objects of a file; a line that a kill has torn, or that holds no object, is left out."""
        try:
            lines = (self.folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield record

    def write(self, name: str, records: Iterable[Mapping[str, Any]]) -> int:
        """Put a file in place as a whole; how many lines it has."""
        lines = [json.dumps(record, ensure_ascii=True) + "\n" for record in records]
        self.write_text(name, "".join(lines))
        return len(lines)

    def write_text(self, name: str, text: str) -> Path:
        """Put a file in place as a whole."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as sink:
            sink.write(text)
        Path(scratch).replace(path)
        return path


def _ended(path: Path) -> bool:
    with path.open("rb") as source:
        source.seek(-1, os.SEEK_END)
        return source.read(1) == b"\n"
