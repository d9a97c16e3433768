"""A light `.git` for a copy: it knows the history and the index, but no remote, no credential and no hook."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

_SECTION = re.compile(r"\s*\[(?P<name>[^\]\s]+)[^\]]*\]")
_FORMAT = re.compile(r"\s*repositoryformatversion\s*=\s*\d+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GitFolder:
    """Where git keeps what belongs to a working tree."""

    own: Path
    """HEAD and the index; of a linked worktree, its private part."""
    common: Path
    """Objects, references and configuration."""


def git_folder(root: str) -> GitFolder | None:
    """The git folder of a working tree; None when there is none at its root."""
    entry = Path(root, ".git")
    if entry.is_dir():
        return GitFolder(entry, entry)
    try:
        text = entry.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    own = Path(root, text.removeprefix("gitdir:").strip())
    try:
        common = own / (own / "commondir").read_text(encoding="utf-8").strip()
    except OSError:
        common = own
    return GitFolder(own, common.resolve()) if own.is_dir() else None


def make_light(folder: GitFolder, target: Path, objects: Path) -> None:
    """Write the light folder; it borrows the objects from where they are."""
    (target / "objects" / "info").mkdir(parents=True)
    (target / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    (target / "config").write_text(_config(folder.common / "config"), encoding="utf-8")
    for source, name in (
        (folder.own, "HEAD"),
        (folder.own, "index"),
        (folder.common, "packed-refs"),
        (folder.common, "shallow"),
    ):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    if (folder.common / "refs").is_dir():
        shutil.copytree(folder.common / "refs", target / "refs", dirs_exist_ok=True)


def _config(path: Path) -> str:
    """The format of the repository, and nothing else of its configuration."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    section, version, extensions = "", "\trepositoryformatversion = 0", []
    for line in lines:
        match = _SECTION.match(line)
        if match:
            section = match["name"].lower()
        elif section == "core" and _FORMAT.fullmatch(line):
            version = line
        elif section == "extensions":
            extensions.append(line)
    return "\n".join(("[core]", version, "\tbare = false", "[extensions]", *extensions, ""))
