"""A process of its own world: own users, mounts, processes, network, and a root with nothing of the user's in it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from dspy_ci.adapters.sandbox import syscalls
from dspy_ci.adapters.sandbox.confine import DEVICES, SETTINGS, SYSTEM
from dspy_ci.adapters.sandbox.gitfolder import git_folder, make_light
from dspy_ci.adapters.sandbox.syscalls import MS_NODEV, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, bind, mount
from dspy_ci.adapters.sandbox.tree import lay

_NEW = (
    syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS
)
_RESERVED = 301
"""Process numbers below this one are given out once and never again, so they are no part of a ceiling."""
OURS = "/run/dspy-ci"
"""Inside: where the original, the light git folder and the writable part lie."""
LOWER, GIT, UPPER = f"{OURS}/lower", f"{OURS}/git", f"{OURS}/upper"


def leave() -> int:
    """Enter new namespaces. Returns 0 in their first process, and the id of a child to wait for in the one outside."""
    outside = os.fork()
    if outside:
        return outside
    user, group = os.geteuid(), os.getegid()
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    syscalls.unshare(_NEW)
    first = os.fork()
    if first:
        os.closerange(0, 1 << 16)  # the peer must notice when the first process ends
        os.waitpid(first, 0)
        os._exit(0)
    return 0


def furnish(source: str, folder: str, readable: Iterable[str], processes: int) -> None:
    """Build the new root in an empty folder and move into it; OSError when the kernel refuses any part."""
    mount("", "/", flags=MS_REC | MS_PRIVATE)
    syscalls.raise_loopback()
    mount("dspy-ci", folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=755")
    for path in (*SYSTEM, *SETTINGS, *_outermost(readable)):
        _show(path, folder)
    for path in DEVICES:
        _show(path, folder, writable=True)
    for path in ("proc", "tmp", "dev/shm", "dev/pts", LOWER[1:], GIT[1:], UPPER[1:]):
        Path(folder, path).mkdir(parents=True, exist_ok=True)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path(folder, "dev", name).symlink_to(target)
    _terminals(folder)
    mount("proc", f"{folder}/proc", "proc", MS_NOSUID | MS_NODEV)
    with contextlib.suppress(OSError):  # kernels from 6.14 on; it also holds root, who ignores the ceiling per user
        Path(folder, "proc/sys/kernel/pid_max").write_text(str(processes + _RESERVED), encoding="ascii")
    _original(source, folder)
    Path(folder, source[1:]).mkdir(parents=True, exist_ok=True)
    syscalls.enter_root(folder)
    mount("", "/", flags=syscalls.MS_REMOUNT | syscalls.MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _outermost(paths: Iterable[str]) -> list[str]:
    """The paths without those that lie in another one of them."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path == other or path.startswith(f"{other}/") for other in (*kept, *SYSTEM)):
            kept.append(path)
    return kept


def _show(path: str, folder: str, *, writable: bool = False) -> None:
    """Make a path of the old root visible in the new one, links as links; absent ones are left out."""
    target = Path(folder, path[1:])
    if os.path.lexists(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.islink(path) and os.path.isdir(path):  # noqa: PTH112, PTH114 - a string until here
        target.symlink_to(os.readlink(path))  # noqa: PTH115 - the same
    elif os.path.isdir(path):  # noqa: PTH112 - the same
        target.mkdir()
        bind(path, str(target))
    elif os.path.exists(path):  # noqa: PTH110 - the same
        target.touch()
        bind(os.path.realpath(path), str(target), writable=writable)


def _terminals(folder: str) -> None:
    """Pseudo terminals, where the kernel grants them."""
    with contextlib.suppress(OSError):
        mount("devpts", f"{folder}/dev/pts", "devpts", MS_NOSUID, "newinstance,ptmxmode=0666,mode=620")
        Path(folder, "dev/ptmx").symlink_to("pts/ptmx")


def _original(source: str, folder: str) -> None:
    """The user's tree, read-only and without its git folder, and a light git folder beside it."""
    lower, light = f"{folder}{LOWER}", Path(f"{folder}{GIT}")
    bind(source, lower)
    git = git_folder(source)
    if git is None:
        return
    make_light(git, light, Path(f"{GIT}/borrowed"))
    (light / "borrowed").mkdir()
    bind(str(git.common / "objects"), str(light / "borrowed"))
    if Path(lower, ".git").is_dir():
        mount("none", f"{lower}/.git", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4k")
    else:
        (light.parent / "gitfile").write_text(f"gitdir: {GIT}\n", encoding="utf-8")


class OverlayStage:
    """The original path itself, with an overlay on a capped file system in memory; clearing it costs nothing."""

    def __init__(self, source: str, disk: int) -> None:
        self.root, self._disk = source, disk
        self.scratch = f"{UPPER}/scratch"
        self._has_git = Path(GIT, "HEAD").exists()
        self._git_is_folder = Path(LOWER, ".git").is_dir()
        self._private = [path for path in ("/tmp", "/dev/shm") if not any(Path(path).iterdir())]  # noqa: S108 - see below
        self._prepare()

    def _prepare(self) -> None:
        mount("dspy-ci", UPPER, "tmpfs", MS_NOSUID | MS_NODEV, f"size={self._disk},mode=755")
        for name in ("changes", "work", "scratch", "scratch/home", "scratch/tmp", "scratch/shm"):
            Path(UPPER, name).mkdir(mode=0o700)
        layers = f"lowerdir={LOWER},upperdir={UPPER}/changes,workdir={UPPER}/work,userxattr"
        mount("overlay", self.root, "overlay", MS_NOSUID | MS_NODEV, layers)
        for path in self._private:  # the project itself may lie in such a folder, and must not be covered
            bind(f"{self.scratch}/{Path(path).name}", path, writable=True)
        if self._has_git:
            bind(GIT if self._git_is_folder else f"{OURS}/gitfile", f"{self.root}/.git")

    def lay(self, files: dict[str, bytes | None]) -> None:
        """See Stage."""
        lay(self.root, files)

    def clear(self) -> None:
        """See Stage."""
        if self._has_git:
            syscalls.unmount(f"{self.root}/.git")
        for path in (*self._private, self.root, UPPER):
            syscalls.unmount(path)
        self._prepare()

    def close(self) -> None:
        """Nothing is left when the last process of the namespaces ends."""
