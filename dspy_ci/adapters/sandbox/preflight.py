"""Trying every tier by really running a hostile program in it; what leaks is not used."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_ci import __version__
from dspy_ci.adapters.crash import cache_home
from dspy_ci.adapters.sandbox.confine import Tier
from dspy_ci.adapters.sandbox.local import LocalSandbox
from dspy_ci.errors import SandboxError
from dspy_ci.ports.sandbox import Command

_HOSTILE = Path(__file__).with_name("inside") / "hostile.py"
_PATIENCE = 30.0
_ORDER: tuple[Tier, ...] = ("A", "B", "E")


@dataclass(frozen=True, slots=True)
class Trial:
    """How a tier did."""

    tier: Tier
    works: bool
    leaks: tuple[str, ...] = ()
    """Attacks that worked; for tier E, which promises nothing, they are no reproach."""
    problem: str | None = None
    """Why it could not be opened."""


def trials(*, fresh: bool = False) -> tuple[Trial, ...]:
    """Every tier of this machine, best first; remembered until the next boot unless `fresh`."""
    path = cache_home() / "sandbox.json"
    if not fresh and (known := _remembered(path)):
        return known
    found = tuple(tried(tier) for tier in _ORDER)
    _remember(path, found)
    return found


def tried(tier: Tier) -> Trial:
    """Run the hostile program at a tier."""
    with ExitStack() as stack:
        plan = stack.enter_context(_bait())
        try:
            with LocalSandbox(plan["original"], tier).open() as copy:
                outcome = copy.run(Command((sys.executable, "-I", str(_HOSTILE), json.dumps(plan)), _PATIENCE))
        except (SandboxError, OSError) as error:
            return Trial(tier, works=False, problem=str(error))
        try:
            answers = json.loads(outcome.output.splitlines()[-1])
        except (ValueError, IndexError):
            return Trial(tier, works=False, problem=f"the hostile program did not end: {outcome.output[-200:].strip()}")
        leaks = dict.fromkeys((*(name for name, worked in answers.items() if worked), *_damage(plan)))
        return Trial(tier, works=tier == "E" or not leaks, leaks=tuple(leaks))


@contextmanager
def _bait() -> Iterator[dict[str, Any]]:
    """Secrets, files and servers that no sandbox may reach."""
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="dspy-ci-bait-") as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "original").mkdir()
        for path in ("secret", "outside", "victim", "original/bait.txt"):
            (folder / path).write_text(f"{token}\n", encoding="utf-8")
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        named, abstract = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        for server, address in ((named, str(folder / "socket")), (abstract, f"\0{token}")):
            server.bind(address)
            server.listen()
        mark = f"bait-{token[:8]}"
        sleeper = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()", mark], stdin=subprocess.PIPE, env={"TOKEN": token}
        )
        stack.callback(_end, sleeper)
        yield {
            "token": token,
            "secret": str(folder / "secret"),
            "home": str(Path.home()),
            "entries": [entry.name for entry in Path.home().iterdir()],
            "outside": str(folder / "outside"),
            "victim": str(folder / "victim"),
            "original": str(folder / "original"),
            "port": tcp.getsockname()[1],
            "socket": str(folder / "socket"),
            "abstract": token,
            "pid": sleeper.pid,
            "mark": mark,
        }


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def _damage(plan: Mapping[str, Any]) -> Iterator[str]:
    """What the host sees was done, whatever the hostile program says."""
    original, expected = Path(plan["original"], "bait.txt"), f"{plan['token']}\n"
    if original.read_text(encoding="utf-8") != expected:
        yield "write_original"
    if not Path(plan["victim"]).exists():
        yield "unlink_outside"
    if Path(plan["outside"]).read_text(encoding="utf-8") != expected:
        yield "write_outside"


def _boot() -> dict[str, Any]:
    """What the answers depend on: this boot, this user, this version."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return {"boot": boot, "user": os.geteuid(), "version": __version__, "python": sys.executable}


def _remembered(path: Path) -> tuple[Trial, ...] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.pop("trials_of") != _boot() or not _boot()["boot"]:
            return None
        return tuple(Trial(row["tier"], row["works"], tuple(row["leaks"]), row["problem"]) for row in record["trials"])
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        return None


def _remember(path: Path, found: tuple[Trial, ...]) -> None:
    rows = [{"tier": t.tier, "works": t.works, "leaks": t.leaks, "problem": t.problem} for t in found]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"trials_of": _boot(), "trials": rows}), encoding="utf-8")
    except OSError:
        return  # the next run asks again
