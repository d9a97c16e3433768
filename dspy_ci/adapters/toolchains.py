"""Compilers that stand behind a front: the real one, which runs without the user's home."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path


def cargo(path: str) -> tuple[str, Mapping[str, str]]:
    """The cargo that rustup would choose, and what it needs to be told; without rustup the given one."""
    env = {"CARGO_TERM_COLOR": "never", "CARGO_NET_OFFLINE": "true"}
    rustup = shutil.which("rustup", path=str(Path(path).parent)) or shutil.which("rustup")
    if rustup is None:
        return path, env
    try:
        done = subprocess.run([rustup, "which", "cargo"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return path, env
    real = Path(done.stdout.strip())
    if not real.is_file():
        return path, env
    return str(real), {**env, "RUSTC": str(real.with_name("rustc")), "RUSTDOC": str(real.with_name("rustdoc"))}
