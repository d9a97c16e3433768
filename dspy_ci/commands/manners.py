"""How a hook behaves: it can be skipped, and a fault of ours stops nobody's commit unless that was asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dspy_ci.adapters.gittrees import place
from dspy_ci.errors import DspyCiError, ExitCode, IsolationError
from dspy_ci.settings import load

_NO_REASON_TO_BLOCK = frozenset({ExitCode.FAULT, ExitCode.MISSING})


def mannerly(name: str, body: Callable[[], int]) -> int:
    """The exit code of a hook's body. Raises DspyCiError when the user is to blame, or when the hook is required."""
    if skipped(name, os.environ):
        return ExitCode.SUCCESS
    try:
        return body()
    except IsolationError:
        raise  # a refusal to run what nobody trusts is no fault that may be passed over
    except DspyCiError as error:
        if error.exit_code not in _NO_REASON_TO_BLOCK or _required():
            raise
        _left_out(name, str(error))
    except Exception as error:
        if _required():
            raise
        from dspy_ci.adapters.crash import save  # noqa: PLC0415 - only needed on the worst day

        _left_out(name, f"{type(error).__name__}, see {save()}")
    return ExitCode.SUCCESS


def skipped(name: str, environment: Mapping[str, str]) -> bool:
    """Whether the user asked for this hook to be left out: `SKIP=dspy-ci-check`, `DSPY_CI_SKIP=check,fix` or `=1`."""
    ids = {part.strip() for part in environment.get("SKIP", "").split(",")}
    own = {part.strip().removeprefix("dspy-ci-") for part in environment.get("DSPY_CI_SKIP", "").split(",")}
    return f"dspy-ci-{name}" in ids or not own.isdisjoint({name, "1", "all", "true"})


def _left_out(name: str, why: str) -> None:
    sys.stderr.write(f"dspy-ci: {name} was left out: {why}\n")


def _required() -> bool:
    try:
        return load(place(Path.cwd()).root, os.environ).required
    except DspyCiError:
        return False
