"""What patches answer to calls that are written down: those of the docstring, of the tests, and variations of both."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from importlib.resources import files as resources
from pathlib import PurePosixPath
from typing import TypeVar

from dspy_ci.codebase.functions import Function
from dspy_ci.codebase.modules import module_name
from dspy_ci.patches.patch import Patch
from dspy_ci.ports.sandbox import Command, Copy
from dspy_ci.trials.calls import Answer, Call

Version = TypeVar("Version", bound=Patch | None)
"""The code with a patch; None is the code as it is."""


def compared(
    versions: Sequence[Version], function: Function, asked: Sequence[Call], copy: Copy, python: str
) -> Mapping[Version, tuple[Answer, ...]]:
    """What each version of the code answers, one of them a patch; those that answered nothing are left out."""
    code = next(version.base for version in versions if isinstance(version, Patch))
    name = f"dspy_ci_comparing_{(token := secrets.token_hex(8))}"
    module = module_name(code, function.path)
    roots = [".", "/".join(PurePosixPath(function.path).parts[: -len(module.split(".")) or None]) or "."]
    job = {
        "token": token, "module": module, "roots": roots, "calls": [call.code for call in asked], "each": 0.2,
        "limit": 4.0, "versions": [_version(version) if isinstance(version, Patch) else [] for version in versions],
    }  # fmt: skip
    program = (resources("dspy_ci.trials") / "inside" / "comparing.py").read_bytes()
    command = Command((python, f"{name}.py", f"{name}.json"), timeout=15.0)
    outcome = copy.run(command, {f"{name}.py": program, f"{name}.json": json.dumps(job).encode()})
    return told(outcome.output, token, versions, len(asked))


def told(
    output: str, token: str, versions: Sequence[Version], asked: int
) -> dict[Version, tuple[Answer, ...]]:  # fmt: skip
    """The lines `TOKEN NUMBER JSON` of an output, by version; incomplete answers do not count."""
    found = {}
    for line in output.splitlines():
        first, _, rest = line.partition(" ")
        number, _, data = rest.partition(" ")
        if first == token and number.isdigit() and int(number) < len(versions):
            said = _read(data)
            if len(said) == asked:
                found[versions[int(number)]] = said
    return found


def _version(patch: Patch) -> list[tuple[str, str, str]]:
    base = patch.base
    return [(module_name(base, path), path, source.text) for path, source in patch.sources.items() if source]


def _read(data: str) -> tuple[Answer, ...]:
    try:
        return tuple((str(kind), str(text)) for kind, text in json.loads(data))
    except (ValueError, TypeError):
        return ()
