"""Compilers that stand behind a front: the real one, which runs without the user's home."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

_TERMS: Mapping[str, Mapping[str, str]] = {"cargo": {"CARGO_TERM_COLOR": "never", "CARGO_NET_OFFLINE": "true"}}
"""What a tool is told so that it neither colours its output nor looks for the network."""


def behind(path: str) -> str:
    """The program behind a stand-in of rustup, which would look for its choice at home; any other path as it is."""
    if Path(path).resolve().name != "rustup":
        return path
    try:
        done = subprocess.run(
            [str(Path(path).with_name("rustup")), "which", Path(path).name],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return path
    found = done.stdout.strip()
    return found if Path(found).is_file() else path


def terms(path: str) -> Mapping[str, str]:
    """The environment that a tool needs in a sandbox; its companions are found beside it."""
    own = _TERMS.get(Path(path).name, {})
    beside = {
        name.upper(): str(tool) for name in ("rustc", "rustdoc") if (tool := Path(path).with_name(name)).is_file()
    }
    return {**own, **beside} if own else {}
