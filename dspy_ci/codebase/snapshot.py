"""The code as it is at one moment: path to text, never written."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Source:
    """A text file: its text with line ends as they are, and how it was encoded."""

    text: str
    encoding: str = "utf-8"

    @property
    def data(self) -> bytes:
        """The bytes of the file; a round trip of `decode`."""
        return self.text.encode(self.encoding, "surrogateescape")


def decode(data: bytes) -> Source:
    """Read bytes as Python does (byte-order mark, PEP 263 cookie), else as UTF-8 that keeps what it cannot decode."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return Source(data.decode(encoding), encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return Source(data.decode("utf-8", "surrogateescape"))


@dataclass(frozen=True)
class Snapshot:
    """An immutable view of the repository's files, read when first asked for."""

    paths: tuple[str, ...]
    """Repository-relative, with forward slashes, sorted."""
    read: Callable[[str], bytes]
    """The bytes of one of the paths; OSError when it cannot be read."""
    _sources: dict[str, Source | None] = field(default_factory=dict, repr=False, compare=False)
    _trees: dict[str, ast.Module | None] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, files: Mapping[str, str | bytes]) -> Snapshot:
        """A snapshot of the given files."""
        data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        return cls(tuple(sorted(data)), data.__getitem__)

    def __contains__(self, path: object) -> bool:
        return path in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.paths)

    @property
    def python_paths(self) -> tuple[str, ...]:
        """The Python files."""
        return tuple(path for path in self.paths if path.endswith((".py", ".pyi")))

    def source(self, path: str) -> Source | None:
        """The file's text and encoding; None when it is absent, unreadable or binary."""
        if path not in self._sources:
            self._sources[path] = self._load(path)
        return self._sources[path]

    def text(self, path: str) -> str | None:
        """The file's text; None as for `source`."""
        source = self.source(path)
        return source.text if source else None

    def tree(self, path: str) -> ast.Module | None:
        """The parsed Python file; None when it is absent or does not parse."""
        if path not in self._trees:
            text = self.text(path)
            self._trees[path] = None if text is None else parse(text)
        return self._trees[path]

    def _load(self, path: str) -> Source | None:
        if path not in self:
            return None
        try:
            data = self.read(path)
        except OSError:
            return None
        return None if b"\0" in data[:8192] else decode(data)

    def with_files(self, files: Mapping[str, bytes | None]) -> Snapshot:
        """This snapshot with some files replaced, added, or (None) removed."""
        kept = {path for path in self.paths if files.get(path, b"") is not None}
        added = {path for path, data in files.items() if data is not None}

        def read(path: str) -> bytes:
            data = files.get(path)
            return self.read(path) if data is None else data

        return Snapshot(tuple(sorted(kept | added)), read)


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None; warnings of the parser are the project's business, not ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
