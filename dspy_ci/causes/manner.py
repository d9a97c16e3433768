"""In which manner a test failed, so that two failures of one test can be told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.failures.failure import Failure, Frame
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.ports.sandbox import TestResult

_SAID = re.compile(r"(?:^E(?:\s.*)?\n?)+", re.MULTILINE)
_END = re.compile(r"^(\S+):(\d+): ?(?:in (\S+)|([\w.]+))?$", re.MULTILINE)
_NAMED = re.compile(
    r"([A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Failed|Timeout|Skipped|NotFound))\b:?\s*"
)
UNBUILT = frozenset({
    "SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError", "NameError",
    "UnboundLocalError", "AttributeError", "TypeError", "FileNotFoundError", "KeyError",
})  # fmt: skip
"""What code raises of which a part is missing."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a test failed."""

    exception: str
    """The name of what was raised, without its module."""
    fingerprint: str
    """Of exception, message and place, without what varies from run to run."""

    def same(self, other: Manner) -> bool:
        """Whether both failed in the same way, strictly."""
        return self.fingerprint == other.fingerprint

    def like(self, other: Manner) -> bool:
        """Whether both may stem from one cause; what half-built code raises must agree to the letter."""
        if self.exception in UNBUILT or other.exception in UNBUILT:
            return self.exception == other.exception and self.fingerprint == other.fingerprint
        return self.exception == other.exception


def manner(name: str, result: TestResult) -> Manner:
    """How a red test failed, read from what pytest shows of it, or from the output of a command."""
    failure = told(name, result)
    return Manner(failure.exception or "", failure.fingerprint)


def manner_of(output: str) -> Manner:
    """How a command failed: by the root causes in its output, or by its last words where it names none."""
    causes = diagnose(pages_of([output.encode(errors="replace")])).causes()
    if not causes:
        last = "\n".join(output.strip().splitlines()[-3:])
        return Manner("", Failure("command", "command", last).fingerprint)
    return Manner(causes[0].exception or causes[0].kind, " ".join(sorted({one.fingerprint for one in causes})))


def told(name: str, result: TestResult) -> Failure:
    """The failure of one test, read from its own message alone."""
    blocks = _SAID.findall(result.message)
    said = [line[1:].strip() for line in (blocks[-1] if blocks else "").splitlines()]
    lines = said or result.message.strip().splitlines()[-1:] or [""]
    first = next((line for line in lines if _NAMED.match(line)), lines[0])
    match = _NAMED.match(first)
    places = list(_END.finditer(result.message))
    exception = match[1] if match else next((at[4] for at in reversed(places) if at[4]), None)
    if exception is None and said:
        exception = "AssertionError"  # a bare assert shows its comparison alone
    frames = tuple(Frame(at[1], int(at[2]), at[3]) for at in places if not at[1].startswith(("/", "<")))
    message = first[match.end() :] if match else first
    return Failure(
        "pytest", "collection" if "::" not in name else "test", message, test_id=name,
        exception=exception.rpartition(".")[2] if exception else None, frames=frames[-1:],
        code=exception.rpartition(".")[2] if exception else None,
    )  # fmt: skip
