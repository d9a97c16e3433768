"""Tier D, a container of docker or podman: its command line is written, but it is never chosen by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping

from dspy_ci.adapters.sandbox.confine import Limits

_ENGINES = ("docker", "podman")


def command(
    argv: tuple[str, ...], *, engine: str, image: str, copy: tuple[str, str], readable: Iterable[str],
    env: Mapping[str, str], limits: Limits,
) -> tuple[str, ...]:  # fmt: skip
    """The command in a container: no network, a read-only root, no capability, capped memory, processes and disk.

    `copy` says where the copy lies and where the container shall see it; that alone can be written.
    """
    source, target = copy
    for path in (source, target, *readable):
        if "," in path or not path.startswith("/"):
            raise ValueError(f"{path!r} cannot be mounted")
    return (
        engine, "run", "--rm", "--init", "--interactive", "--network", "none", "--read-only", "--cap-drop", "ALL",
        "--security-opt", "no-new-privileges", "--ipc", "private", "--user", f"{os.getuid()}:{os.getgid()}",
        "--memory", str(limits.together), "--memory-swap", str(limits.together), "--pids-limit", str(limits.processes),
        "--ulimit", f"fsize={limits.file}", "--ulimit", f"cpu={limits.cpu}", "--ulimit", "core=0",
        "--tmpfs", f"/tmp:rw,nosuid,nodev,size={limits.disk}",  # noqa: S108 - inside of the container
        "--mount", f"type=bind,source={source},target={target}",
        *(word for path in readable for word in ("--mount", f"type=bind,source={path},target={path},readonly")),
        *(word for name, value in sorted(env.items()) for word in ("--env", f"{name}={value}")),
        "--workdir", target, image, *argv,
    )  # fmt: skip


def obstacle() -> str:
    """Why the tier is not used here."""
    engine = next((engine for engine in _ENGINES if shutil.which(engine)), None)
    if engine is None:
        return "neither docker nor podman is installed"
    try:
        done = subprocess.run([engine, "info"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return f"{engine} does not answer"
    if done.returncode:
        return f"{engine} does not answer"
    return f"its command for {engine} is written, but no hostile suite has been run in it yet"
