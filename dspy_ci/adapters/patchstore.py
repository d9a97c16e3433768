"""Verified patches that wait in the git folder until somebody wants them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_ci.adapters.gittrees import Place, git
from dspy_ci.errors import MissingError, UsageError

_KEPT = 20


@dataclass(frozen=True, slots=True)
class Stored:
    """A patch on the shelf."""

    id: str
    path: Path
    about: dict[str, Any]
    """What was written beside it: base, rationale, proof."""


def save(place: Place, name: str, diff: bytes, about: dict[str, Any]) -> Path:
    """Keep a patch under its id; the oldest of many go. Raises MissingError when the folder cannot be written."""
    folder = _folder(place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.patch"
        path.write_bytes(diff)
        path.with_suffix(".json").write_text(json.dumps(about, indent=1, default=str) + "\n", encoding="utf-8")
        for old in _newest_first(folder)[_KEPT:]:
            old.unlink()
            old.with_suffix(".json").unlink(missing_ok=True)
    except OSError as error:
        raise MissingError(f"cannot keep the patch in {folder}: {(error.strerror or str(error)).lower()}") from error
    return path


def stored(place: Place) -> tuple[Stored, ...]:
    """All patches on the shelf, the newest first."""
    return tuple(Stored(path.stem, path, _about(path)) for path in _newest_first(_folder(place)))


def find(place: Place, name: str | None) -> Stored:
    """The patch whose id begins so, the newest without a name. Raises UsageError."""
    if name is not None and not re.fullmatch(r"[0-9a-f]{1,64}", name):
        raise UsageError(f"{name!r} is no id of a patch", hint="`dspy-ci apply --list` shows them")
    found = [patch for patch in stored(place) if name is None or patch.id.startswith(name)]
    if not found:
        what = "no patch is stored here" if name is None else f"no stored patch is called {name}"
        raise UsageError(what, hint="`dspy-ci hook verify` and `dspy-ci fix` make them")
    if name is not None and len(found) > 1:
        raise UsageError(f"several stored patches begin with {name}: {', '.join(patch.id for patch in found)}")
    return found[0]


def apply(place: Place, patch: Stored) -> None:
    """Write the patch into the working tree, all or nothing, never into the index. Raises UsageError."""
    try:
        git(place.root, "apply", "--whitespace=nowarn", str(patch.path.resolve()))
    except MissingError as error:
        raise UsageError(
            f"patch {patch.id} does not fit your files any more: {error}",
            hint=f"git apply --3way {patch.path} merges it as far as it can",
        ) from error


def _folder(place: Place) -> Path:
    return place.private / "dspy-ci" / "patches"


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.patch"), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _about(path: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about
