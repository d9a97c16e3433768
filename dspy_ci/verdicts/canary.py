"""Spoiling what a patch touched, to see whether the tests notice."""

from __future__ import annotations

from dspy_ci.patches.patch import Patch

_RAISE = b'raise RuntimeError("spoiled on purpose to see whether the tests import this file")\n'
_GARBAGE = b"\xff\x00 spoiled on purpose to see whether the tests read this file\n"


def sabotage(patch: Patch) -> dict[str, bytes | None]:
    """The patched files, each of which now fails whoever uses it."""
    return {path: _RAISE if path.endswith(".py") else _GARBAGE for path in patch.files}
