"""Plain `dspy-ci action`: the three roles one after the other, each a process with only what it needs."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from dspy_ci.commands.cleanroom import for_publisher, for_reader, for_solver
from dspy_ci.errors import DspyCiError, ExitCode
from dspy_ci.settings import seconds

_READING = 600.0
_PUBLISHING = 600.0
_BUDGET = "5m"
_MARGIN = 240.0
"""Seconds that the solver gets beyond its budget: copies, the first run of the tests, the last proof."""
_CODE = (
    "import sys; sys.path[:] = [part for part in sys.path if part not in ('', {cwd!r})];"
    "from dspy_ci.__main__ import main; main()"
)


def all_three(*, logs: tuple[Path, ...], out: Path | None, budget: str | None, dry_run: bool) -> int:
    """Run the roles; the exit code is that of the publisher, for it alone tells people what happened."""
    limit = seconds(budget or os.environ.get("DSPY_CI_BUDGET") or _BUDGET) + _MARGIN
    where = (out or _folder()).resolve()
    where.mkdir(parents=True, exist_ok=True)
    here, facts, bundle = Path.cwd(), where / "facts.json", where / "bundle.json"
    environment = dict(os.environ)
    given = [word for log in logs for word in ("--log", str(log.resolve()))]
    local = [] if environment.get("GITHUB_SHA") else ["--folder", str(here)]
    code = _role(["read", "--out", str(facts), *given, *local], for_reader(environment), _READING)
    if code:
        return code
    wanted = ["--budget", budget] if budget else []
    solve = ["solve", "--facts", str(facts), "--out", str(bundle), "--folder", str(here), *wanted]
    code = _role(solve, for_solver(environment), limit)
    if code and not bundle.is_file():
        return code
    rehearse = ["--dry-run"] if dry_run or os.environ.get("DSPY_CI_DRY_RUN", "").lower() in {"1", "true"} else []
    return _role(["publish", "--bundle", str(bundle), *rehearse, *local], for_publisher(environment), _PUBLISHING)


def _role(words: list[str], environment: Mapping[str, str], limit: float) -> int:
    """Run one role in an empty folder, so that no file of the checkout can pose as a module; its exit code."""
    quiet = _muted() if words[0] != "publish" else nullcontext()  # the publisher has annotations to make
    with tempfile.TemporaryDirectory(prefix="dspy-ci-role-") as empty, quiet:
        child = subprocess.Popen(
            [sys.executable, *(["-I"] if sys.flags.isolated else []), "-c", _CODE.format(cwd=empty), "action", *words],
            cwd=empty, env=dict(environment), start_new_session=True,
        )  # fmt: skip
        try:
            return child.wait(limit)
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"dspy-ci: the role {words[0]} took longer than {limit:.0f} s and was ended\n")
            return ExitCode.FAULT
        finally:
            _end(child)


@contextmanager
def _muted() -> Iterator[None]:
    """In a job of GitHub Actions no line that is said meanwhile is an order to the runner."""
    word = secrets.token_hex(16) if "GITHUB_ACTIONS" in os.environ else ""
    if word:
        sys.stderr.write(f"::stop-commands::{word}\n")
        sys.stderr.flush()
    try:
        yield
    finally:
        if word:
            sys.stderr.write(f"\n::{word}::\n")
            sys.stderr.flush()


def _end(child: subprocess.Popen[bytes]) -> None:
    """Nothing of a role outlives it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _folder() -> Path:
    base = os.environ.get("RUNNER_TEMP")
    if base and not Path(base).is_dir():
        raise DspyCiError(f"RUNNER_TEMP names no folder: {base}")
    return Path(base) / "dspy-ci-made" if base else Path(tempfile.mkdtemp(prefix="dspy-ci-action-"))
