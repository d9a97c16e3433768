"""A change that might mend a failure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dspy_ci.codebase.snapshot import Snapshot, Source
from dspy_ci.patches.diff import unified


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A span of one file replaced by other text. A new file is an edit of a path that the snapshot lacks."""

    path: str
    start: int
    """Offset in characters of the file's text."""
    end: int
    """Offset behind the last replaced character."""
    text: str | None
    """The replacement; None removes the whole file."""


@dataclass(frozen=True)
class Patch:
    """Edits to one snapshot, where they came from, and why they should help."""

    base: Snapshot
    edits: tuple[Edit, ...]
    """They do not overlap."""
    origin: str
    """`fixer:NAME`, `template:NAME`, `hint`, `ruff`, `revert` or `model`."""
    rationale: str
    """One or two sentences for people."""
    safe: bool = False
    """Whether the kind of change keeps the meaning of correct code; unsafe is the default."""
    weight: float = 1.0
    """How promising it was before anything ran; orders the search."""

    @cached_property
    def sources(self) -> Mapping[str, Source | None]:
        """The changed files as they would be; None for removed ones."""
        return {path: self._changed(path) for path in sorted({edit.path for edit in self.edits})}

    @property
    def files(self) -> dict[str, bytes | None]:
        """The same in bytes, as a sandbox wants them."""
        return {path: source.data if source else None for path, source in self.sources.items()}

    @cached_property
    def diff(self) -> str:
        """The canonical `git diff` of the patch."""
        return "".join(unified(path, self.base.source(path), source) for path, source in self.sources.items())

    @property
    def diff_bytes(self) -> bytes:
        """The same as `git apply` needs it: each file in its own encoding."""
        parts = []
        for path, source in self.sources.items():
            old = self.base.source(path)
            encoding = (source or old or Source("")).encoding
            parts.append(unified(path, old, source).encode(encoding, "surrogateescape"))
        return b"".join(parts)

    @cached_property
    def id(self) -> str:
        """Twelve hex digits that depend on the diff alone."""
        return hashlib.sha256(self.diff.encode(errors="surrogateescape")).hexdigest()[:12]

    @cached_property
    def size(self) -> int:
        """How many lines it removes and adds."""
        body = (line for line in self.diff.splitlines() if not line.startswith(("---", "+++")))
        return sum(line.startswith(("-", "+")) for line in body)

    def _changed(self, path: str) -> Source | None:
        source = self.base.source(path) or Source("")
        text = source.text
        for edit in sorted((edit for edit in self.edits if edit.path == path), reverse=True):
            if edit.text is None:
                return None
            text = text[: edit.start] + edit.text + text[edit.end :]
        return Source(text, source.encoding)
