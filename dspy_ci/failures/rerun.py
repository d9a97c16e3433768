"""Whether running again would help: judged by the failure, never by the name of the test."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from dspy_ci.failures.failure import Failure, Kind

Chance = Literal["deterministic", "likely_flaky", "infrastructure", "unknown"]

_INFRA: set[Kind] = {"network", "disk", "infra", "oom"}
_FIXED: set[Kind] = {
    "lint", "type", "syntax", "import", "collection", "format", "compile", "link", "dependency", "packaging", "config",
    "usage", "command", "coverage", "docs", "security", "git", "permission",
}  # fmt: skip
_OUTSIDE = re.compile(
    r"Connection(?:Reset|Refused|Aborted|Error)|Temporary failure in name resolution|Name or service not known"
    r"|429 Too Many|50[234] |TLS handshake|SSLError|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|rate limit|broken pipe"
    r"|Max retries exceeded|getaddrinfo"
)
_TIMING = re.compile(
    r"[Tt]imed? ?out|Timeout|Address already in use|port \d* ?(?:is )?in use|EADDRINUSE|StaleElement|deadlock"
    r"|database is locked"
    r"|Task was destroyed but it is pending|Event loop is closed|race|flaky|node down|crashed while running"
)


class Rerun(NamedTuple):
    """What to expect of another run, and why."""

    chance: Chance
    reason: str


def rerun(failure: Failure, changed: Collection[str] = ()) -> Rerun:
    """What another run of the same code would bring for one failure; `changed` are the files of the diff."""
    touched = next((frame.file for frame in failure.frames if frame.file in changed), None)
    if failure.kind == "flaky":
        return Rerun("likely_flaky", "it passed when it was run again in the same job")
    if failure.kind == "cancelled":
        return Rerun("unknown", "it was stopped from outside before it could tell")
    if failure.kind in _INFRA:
        return Rerun("infrastructure", f"{failure.kind} trouble outside of the code")
    if touched or failure.file in changed:
        return Rerun("deterministic", f"{touched or failure.file} is part of the change")
    if failure.kind in _FIXED:
        return Rerun("deterministic", f"a {failure.kind} failure does not depend on luck")
    return _by_words(failure)


def _by_words(failure: Failure) -> Rerun:
    said = f"{failure.exception or ''}: {failure.message}"
    if match := _OUTSIDE.search(said):
        return Rerun("likely_flaky", f"it speaks of the outside world: {match[0].strip()}")
    timing = _TIMING.search(said)
    if failure.kind == "timeout" or timing:
        return Rerun("likely_flaky", f"it depends on timing: {timing[0] if timing else 'a time limit'}")
    if failure.exception in {"AssertionError", "TypeError", "AttributeError", "NameError", "KeyError", "ValueError"}:
        return Rerun("deterministic", f"{failure.exception} without any sign of timing, network or load")
    return Rerun("unknown", "nothing in the log tells; run the one test several times here and at the merge base")


def overall(failures: Sequence[Failure], changed: Collection[str] = ()) -> Rerun:
    """What another run of the whole job would bring: it helps only if it helps every root cause."""
    if not failures:
        return Rerun("unknown", "no failure was found")
    return together([rerun(failure, changed) for failure in failures])


def together(each: Sequence[Rerun]) -> Rerun:
    """What another run of the whole job would bring, from what it would bring for each root cause, of which one is."""
    chances = {found.chance for found in each}
    if chances == {"infrastructure"}:
        return Rerun("infrastructure", f"every root cause is outside of the code: {each[0].reason}")
    if "deterministic" in chances:
        return next(found for found in each if found.chance == "deterministic")
    if chances <= {"infrastructure", "likely_flaky"}:
        return Rerun("likely_flaky", each[0].reason)
    return next(found for found in each if found.chance == "unknown")
