"""Many versions of the code on tests that are collected once: each version runs in a child of that one pytest.

Only changes inside a function's body can be tried so, and what comes back is a hint: the code under test could write
such lines too.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files as resources

from dspy_ci.ports.sandbox import Copy, TestRun
from dspy_ci.trials.versions import Change

_NAME = "dspy_ci_screening"
"""The plugin's module; always the same, so that a warm sandbox can keep it loaded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A version, and the tests that it must answer for."""

    version: tuple[Change, ...]
    targets: tuple[str, ...]
    """They shall pass; guards only run when one does."""
    guards: tuple[str, ...]
    """They must still pass. Without targets they run until one does not."""
    limit: float
    """Seconds for all of its tests together."""


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a version."""

    targets: str
    """Per target `1` for passed, `0` for not; shorter when it was ended before."""
    guards: str
    """The same for the guards that ran; a guard that is not there is `.`."""
    errors: tuple[str, ...] = ()
    """The classes of the errors with which targets failed."""


def tried(
    entries: Sequence[Entry], run: TestRun, copy: Copy, seconds: float, *, texts: dict[str, str]
) -> dict[int, Said]:
    """What became of the entries that could be tried within the time, by their number.

    `run` says how pytest is called and how long one test may take; `texts` holds the files as the copy has them.
    """
    token = secrets.token_hex(16)
    names = list(dict.fromkeys(name for entry in entries for name in (*entry.targets, *entry.guards)))
    job = {
        **_job(entries, names),
        "token": token,
        "texts": texts,
        "deadline": seconds,
        "per_test": run.per_test or 10.0,
    }
    plugin = (resources("dspy_ci.trials") / "inside" / "screening.py").read_bytes()
    whole = replace(run, args=(*run.args, "-s", "--tb=no", "-p", _NAME), ids=tuple(names), timeout=seconds + 15.0)
    report = copy.test(whole, {f"{_NAME}.py": plugin, f"{_NAME}.json": json.dumps(job).encode()})
    return dict(_heard(report.output, token, entries))


def _job(entries: Sequence[Entry], names: list[str]) -> dict[str, object]:
    """Tests by their number: the same names would be written thousands of times."""
    number = {name: at for at, name in enumerate(names)}
    rows = [
        {
            "version": entry.version,
            "targets": [number[name] for name in entry.targets],
            "guards": [number[name] for name in entry.guards],
            "limit": entry.limit,
        }
        for entry in entries
    ]
    return {"tests": names, "entries": rows}


def _heard(output: str, token: str, entries: Sequence[Entry]) -> Iterator[tuple[int, Said]]:
    """Token, number, digits, errors; `?` in place of the digits when a version could not be tried."""
    for line in output.splitlines():
        words = line.split()
        if len(words) == 4 and words[0] == token and words[1].isdigit() and int(words[1]) < len(entries):
            digits, errors = words[2:]
            size = len(entries[int(words[1])].targets)
            if digits != "?":
                found = tuple(errors.split(",")) if errors != "-" else ()
                yield int(words[1]), Said(digits[:size].strip("-"), digits[size:].strip("-"), found)
