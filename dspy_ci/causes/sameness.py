"""Whether a run is red as the head was: the same tests, failing in the same manner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dspy_ci.causes.manner import UNBUILT, Manner, manner
from dspy_ci.causes.narrowing import Reply
from dspy_ci.failures.diagnosis import diagnose
from dspy_ci.logs.envelopes import pages_of
from dspy_ci.ports.sandbox import TestReport

NOT_BUILT = UNBUILT | {"syntax", "import", "collection", "dependency", "compile", "command", "usage"}
"""What a command says of code of which a part is missing."""
_NO_WORD = frozenset({125, 126, 127})
"""Exit codes that say nothing about the code: git's own convention, and what shells answer for a missing program."""
_NO_TESTS = 5
"""pytest's exit code when no test was found."""


@dataclass(frozen=True)
class Redness:
    """How the head is red."""

    report: TestReport
    is_command: bool = False
    manners: Mapping[str, Manner] = field(init=False)
    """How each red test failed."""

    def __post_init__(self) -> None:
        found = {name: manner(name, self.report.results[name]) for name in sorted(self.report.red)}
        object.__setattr__(self, "manners", found)

    def reply(self, report: TestReport, target: str) -> Reply:
        """How another run ended for one of the tests that are red here."""
        if report.mended([target]):
            return "green"
        result = report.results.get(target)
        if result is None:
            return self._absent(report, target)
        if result.status not in {"failed", "error"}:
            return "green"
        if self.is_command:
            return self._command(report)
        return "red" if manner(target, result).like(self.manners[target]) else "unresolved"

    def _absent(self, report: TestReport, target: str) -> Reply:
        """A test that does not exist is not red; one whose file cannot be read, or that never came, is unknown."""
        own_file = report.results.get(target.partition("::")[0])
        if own_file and own_file.status == "error":
            return "unresolved"
        return "green" if report.code == _NO_TESTS or not report.problem else "unresolved"

    def _command(self, report: TestReport) -> Reply:
        if report.code == self.report.code and report.code in {None, *_NO_WORD}:
            return "red"
        if report.code is None or report.code in _NO_WORD:
            return "unresolved"
        said = signs(report)
        return "unresolved" if said and said.isdisjoint(signs(self.report)) and said <= NOT_BUILT else "red"


def signs(report: TestReport) -> frozenset[str]:
    """What the output of a command names: exceptions, and kinds of failures without one."""
    return frozenset(failure.exception or failure.kind for failure in diagnose(pages_of([report.output.encode()])).open)
