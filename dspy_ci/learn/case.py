"""A bug with its cure, proved in the sandbox: red before, green after, and again in fresh processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dspy_ci.learn.proposal import KINDS, Planted, Proposal
from dspy_ci.ports.history import Commit

SCHEMA = "dspy-ci/case/1"


@dataclass(frozen=True, slots=True)
class Case:
    """One mined bug."""

    proposal: Proposal
    targets: tuple[str, ...]
    """Test ids that were red and are green with the fix; for lint and types the diagnostics that went away."""
    kept: int = 0
    """How many tests passed before and after."""
    tests: tuple[str, ...] = ()
    """The test files that were run; empty for all."""
    log: str = ""
    """What the red run printed, without secrets."""
    diff: str = ""
    """The fix, without secrets."""
    functions: tuple[str, ...] = ()
    """The functions that the fix changes, as `path::name`."""
    code: str = ""
    """Those functions as they were, without secrets."""
    tier: str = ""
    seconds: float = 0.0
    story: str = ""
    """What the pull request said that brought it."""

    @property
    def id(self) -> str:
        """That of its proposal."""
        return self.proposal.id


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A proposal that proved nothing, and why."""

    id: str
    reason: str


def case_record(case: Case) -> dict[str, Any]:
    """The case as one JSON object."""
    return {"schema": SCHEMA, "id": case.id, **asdict(case)}


def dismissed_record(dismissed: Dismissed) -> dict[str, Any]:
    """The same for what was dismissed: it need not be tried again."""
    return {"schema": SCHEMA, "id": dismissed.id, "dismissed": dismissed.reason}


def read_record(record: Mapping[str, Any]) -> Case | Dismissed | None:
    """The record read back; None when it is none of ours, or damaged."""
    try:
        if record["schema"] != SCHEMA:
            return None
        if "dismissed" in record:
            return Dismissed(str(record["id"]), str(record["dismissed"]))
        return _case(record)
    except (KeyError, TypeError, ValueError):
        return None


def _case(record: Mapping[str, Any]) -> Case | None:
    known = record["proposal"]
    if known["kind"] not in KINDS:
        return None
    proposal = Proposal(
        known["kind"], Commit(**known["commit"]), tuple(known["tests"]), tuple(known["sources"]),
        tuple(Planted(str(path), int(start), int(end), str(text)) for path, start, end, text in known["planted"]),
    )  # fmt: skip
    targets, tests, functions = (tuple(map(str, record[name])) for name in ("targets", "tests", "functions"))
    log, diff, code, tier = (str(record[name]) for name in ("log", "diff", "code", "tier"))
    return Case(
        proposal,
        targets,
        int(record["kept"]),
        tests,
        log,
        diff,
        functions,
        code,
        tier,
        float(record["seconds"]),
        str(record.get("story", "")),
    )
