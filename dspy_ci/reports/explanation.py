"""What `explain` says about a log: for machines as one object, for people as a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dspy_ci import __version__
from dspy_ci.failures.diagnosis import Diagnosis
from dspy_ci.failures.failure import Failure

SCHEMA = "dspy-ci/explain/1"


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known about one log."""

    source: str
    diagnosis: Diagnosis
    elapsed: float


def as_record(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain values, ready for JSON."""
    diagnosis = explanation.diagnosis
    return {
        "schema": SCHEMA,
        "tool_version": __version__,
        "source": explanation.source,
        "failures": [failure_record(failure) for failure in diagnosis.failures],
        "root": list(diagnosis.roots),
        "notes": list(diagnosis.notes),
        "context": {"text": "", "tokens": 0},
        "plan": [],
        "elapsed_s": round(explanation.elapsed, 3),
    }


def failure_record(failure: Failure) -> dict[str, Any]:
    """One failure as plain values."""
    return {
        "tool": failure.tool,
        "kind": failure.kind,
        "file": failure.file,
        "line": failure.line,
        "col": failure.col,
        "end_line": failure.end_line,
        "symbol": failure.symbol,
        "code": failure.code,
        "message": failure.message,
        "test_id": failure.test_id,
        "exception": failure.exception,
        "frames": [
            {"file": frame.file, "line": frame.line, "function": frame.function, "in_repo": frame.in_repo}
            for frame in failure.frames
        ],
        "step": failure.step,
        "job": failure.job,
        "log_span": list(failure.log_span) if failure.log_span else None,
        "fingerprint": failure.fingerprint,
        "confidence": failure.confidence,
        "fixable_hint": {"kind": failure.fixable_hint.kind, "text": failure.fixable_hint.text}
        if failure.fixable_hint
        else None,
        "suppressed_by": failure.suppressed_by,
    }


def as_text(explanation: Explanation) -> str:
    """The explanation for people: verdict, then one paragraph per root cause."""
    diagnosis = explanation.diagnosis
    count = len(diagnosis.open)
    if not count:
        return "no failure found"
    lines = [
        f"{count} failure{'s' * (count != 1)}, {len(diagnosis.roots)} root cause{'s' * (len(diagnosis.roots) != 1)}"
    ]
    for fingerprint in diagnosis.roots:
        failure = diagnosis.root(fingerprint)
        place = f"{failure.file}:{failure.line}" if failure.line else failure.file or failure.test_id or ""
        lines += ["", f"{place}  {failure.tool} {failure.kind}", f"  {failure.message}"]
    return "\n".join(lines)
