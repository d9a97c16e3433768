"""One copy of a folder per worker, brought back to what it was after every run."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

SKIPPED = frozenset({
    "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache", ".git",
    ".hg", ".svn",
})  # fmt: skip
"""Never copied: caches, and histories (git's has its own light copy)."""
LINKED = frozenset({"node_modules", ".tox", ".nox", ".eggs"})
"""Shared with the original by a symbolic link, as are virtual environments: they are big, and nobody patches them."""


_KEPT_EACH, _KEPT_IN_ALL = 256 << 10, 64 << 20
"""Bytes of files that are kept in memory besides."""


class Mark(NamedTuple):
    """What tells a touched file from an untouched one; the change time cannot be set back."""

    mode: int
    size: int
    modified: int
    changed: int
    inode: int


def is_shared(path: str, name: str) -> bool:
    """Whether a folder is linked to rather than copied."""
    return name in LINKED or os.path.lexists(os.path.join(path, "pyvenv.cfg"))  # noqa: PTH118 - hot loop


def copy_tree(source: str, target: str) -> None:
    """Copy a folder with modes and times; links into the folder follow it, sockets and pipes stay behind."""
    _copy_folder(source, target, source, target)


def _copy_folder(source: str, target: str, old_root: str, new_root: str) -> None:
    os.mkdir(target, 0o700)  # noqa: PTH102 - hot loop
    with os.scandir(source) as entries:
        for entry in entries:
            there = f"{target}/{entry.name}"
            if entry.name in SKIPPED:
                continue
            if entry.is_symlink():
                link = os.readlink(entry.path)  # noqa: PTH115 - hot loop
                os.symlink(_moved(link, old_root, new_root), there)  # noqa: PTH211 - hot loop
            elif entry.is_dir():
                if is_shared(entry.path, entry.name):
                    os.symlink(entry.path, there)  # noqa: PTH211 - hot loop
                else:
                    _copy_folder(entry.path, there, old_root, new_root)
            elif entry.is_file():
                _copy_file(entry.path, there)
    shutil.copystat(source, target)
    os.chmod(target, stat.S_IMODE(os.stat(source).st_mode) | 0o700)  # noqa: PTH101, PTH116 - hot loop


def _copy_file(source: str, target: str) -> None:
    try:
        shutil.copyfile(source, target)
    except PermissionError:
        return  # what we may not read, the tests could not read either
    shutil.copystat(source, target)


def _moved(link: str, old_root: str, new_root: str) -> str:
    inside = link == old_root or link.startswith(f"{old_root}/")
    return new_root + link[len(old_root) :] if inside else link


def marks(root: str) -> dict[str, Mark]:
    """The mark of everything below a folder, by relative path; folders are marked by their mode alone."""
    return dict(_marks(root, len(root) + 1))


def _marks(folder: str, cut: int) -> Iterator[tuple[str, Mark]]:
    try:
        entries = list(os.scandir(folder))
    except PermissionError:
        os.chmod(folder, 0o700)  # noqa: PTH101 - hot loop
        entries = list(os.scandir(folder))
    for entry in entries:
        status = entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            yield entry.path[cut:], Mark(status.st_mode, 0, 0, 0, status.st_ino)
            yield from _marks(entry.path, cut)
        else:
            yield entry.path[cut:], mark(status)


def source_marks(root: str) -> dict[str, Mark]:
    """The mark of every file of the original that a copy would hold, by relative path."""
    found: dict[str, Mark] = {}
    ahead = [root]
    while ahead:
        try:
            entries = list(os.scandir(ahead.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.name in SKIPPED:
                continue
            if entry.is_dir(follow_symlinks=False):
                ahead += [] if is_shared(entry.path, entry.name) else [entry.path]
            else:
                with contextlib.suppress(FileNotFoundError):
                    found[entry.path[len(root) + 1 :]] = mark(entry.stat(follow_symlinks=False))
    return found


def mark(status: os.stat_result) -> Mark:
    """The mark of one file."""
    return Mark(status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


class Tree:
    """A copy at `root` of the folder `source`, in which candidates are laid and of which every trace is removed."""

    def __init__(self, source: str, root: str, complete: Callable[[str, str], None]) -> None:
        self.source, self.root = source, root
        copy_tree(source, root)
        complete(source, root)
        self.marks = marks(root)
        self._kept = dict(_keepable(root, self.marks))
        self._saved: dict[str, bytes] = {}

    def lay(self, files: Mapping[str, bytes | None]) -> None:
        """Put a candidate's files there; OSError when a path leaves the copy or goes through a link."""
        for path in files:
            if path in self.marks and path not in self._saved and stat.S_ISREG(self.marks[path].mode):
                self._saved[path] = Path(self.root, path).read_bytes()
        lay(self.root, files)

    def clear(self) -> None:
        """Undo what the candidate and its tests did; OSError when a file cannot be had back."""
        now = marks(self.root)
        for path in sorted(now.keys() - self.marks.keys(), reverse=True):
            remove(os.path.join(self.root, path))  # noqa: PTH118 - hot loop
        for path, old in self.marks.items():
            if now.get(path) != old:
                self._restore(path, old, now.get(path))
        self._saved.clear()

    def _restore(self, path: str, old: Mark, now: Mark | None) -> None:
        target = os.path.join(self.root, path)  # noqa: PTH118 - hot loop
        if now and stat.S_IFMT(now.mode) != stat.S_IFMT(old.mode):
            remove(target)
        if stat.S_ISDIR(old.mode):
            os.makedirs(target, exist_ok=True)  # noqa: PTH103 - hot loop
            os.chmod(target, stat.S_IMODE(old.mode))  # noqa: PTH101 - hot loop
            self.marks[path] = Mark(old.mode, 0, 0, 0, os.lstat(target).st_ino)
            return
        remove(target)
        if stat.S_ISLNK(old.mode):
            link = os.readlink(os.path.join(self.source, path))  # noqa: PTH115, PTH118 - hot loop
            os.symlink(_moved(link, self.source, self.root), target)  # noqa: PTH211 - hot loop
        else:
            with open(target, "wb") as sink:  # noqa: PTH123 - hot loop
                sink.write(self._original(path, old))
            os.chmod(target, stat.S_IMODE(old.mode))  # noqa: PTH101 - hot loop
            os.utime(target, ns=(old.modified, old.modified))
        self.marks[path] = mark(os.lstat(target))

    def _original(self, path: str, old: Mark) -> bytes:
        """The bytes that were copied: saved when a candidate was laid, else read again if nobody edited them since."""
        if path in self._saved:
            return self._saved[path]
        if path in self._kept:
            return self._kept[path]
        source = Path(self.source, path)
        status = source.stat()
        if (status.st_size, status.st_mtime_ns) != (old.size, old.modified):
            raise OSError(f"{path} was edited while it was needed")
        return source.read_bytes()


def _keepable(root: str, found: Mapping[str, Mark]) -> Iterator[tuple[str, bytes]]:
    """The bytes of small files, so that edits of the original while we work do no harm; and of the light git folder."""
    room = _KEPT_IN_ALL
    for path, old in found.items():
        if stat.S_ISREG(old.mode) and (path.startswith(".git/") or old.size <= min(_KEPT_EACH, room)):
            room -= old.size
            yield path, Path(root, path).read_bytes()


def lay(root: str, files: Mapping[str, bytes | None]) -> None:
    """Write files below a folder; OSError when a path leaves it or goes through a link."""
    for path, data in files.items():
        _refuse_links(Path(root), path)
        put(Path(root, path), data)


def put(target: Path, data: bytes | None) -> None:
    """Write a file anew, or remove it; its mode is kept."""
    mode = stat.S_IMODE(target.lstat().st_mode) if os.path.lexists(target) else 0o644
    remove(str(target))
    if data is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    target.chmod(mode)


def _refuse_links(root: Path, path: str) -> None:
    parts = Path(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise OSError(f"{path!r} leaves the copy")
    here = root
    for part in parts[:-1]:
        here /= part
        if here.is_symlink():
            raise OSError(f"{path!r} goes through a link")


def remove(path: str) -> None:
    """Remove a file or a whole folder, whatever modes it was given; nothing happens when it is absent."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        os.unlink(path)  # noqa: PTH108 - hot loop
        return
    os.chmod(path, 0o700)  # noqa: PTH101 - hot loop
    with os.scandir(path) as entries:
        for entry in list(entries):
            remove(entry.path)
    os.rmdir(path)  # noqa: PTH106 - hot loop
