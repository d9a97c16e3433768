"""What the probe wrote to its pipe, read with suspicion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from dspy_ci.ports.sandbox import Status, TestReport, TestResult

_MEANINGS = {
    2: "pytest was interrupted",
    3: "pytest had an internal error",
    4: "pytest refused its command line",
    5: "no test was run",
}
_STATUSES = frozenset(get_args(Status))


def report(
    data: bytes, nonce: str, *, code: int | None, output: str, seconds: float, warm: bool, killed: str | None = None
) -> TestReport:  # fmt: skip
    """The report of a run; `problem` is set when the records are incomplete or were not written by our probe.

    `killed` says why the run was ended where it was not for time.
    """
    results: dict[str, TestResult] = {}
    lines: dict[str, Mapping[str, frozenset[int]]] = {}
    end: dict[str, Any] | None = None
    running: str | None = None
    forged = False
    for number, record in enumerate(_records(data), 1):
        if record.get("nonce") != nonce or record.get("number") != number or end is not None:
            forged = True
            break
        kind = record["kind"]
        if kind == "start":
            running = record["id"]
        elif kind == "result" and "id" in record:
            running = None
            results[record["id"]] = _result(record)
            if "lines" in record:
                lines[record["id"]] = {path: frozenset(numbers) for path, numbers in record["lines"].items()}
        elif kind == "end":
            end = record
    if running is not None:
        results[running] = TestResult("error", message="the process ended in the middle of this test")
    return TestReport(
        results=results,
        code=code,
        output=output,
        seconds=seconds,
        modules=end["modules"] if end else {},
        foreign=tuple(end["foreign"]) if end else (),
        tampered=tuple(end["tampered"]) if end else (),
        lines=lines,
        problem=f"the run was killed: {killed}" if killed else _problem(code, end, results, forged=forged),
        warm=warm,
    )


def _records(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            record = {}
        yield record if isinstance(record, dict) else {}


def _result(record: dict[str, Any]) -> TestResult:
    status = record.get("status", "error")
    return TestResult(
        status=status if status in _STATUSES else "error",
        seconds=float(record.get("seconds", 0.0)),
        message=str(record.get("message", "")),
        assertions=record.get("assertions"),
    )


def _problem(
    code: int | None, end: dict[str, Any] | None, results: Mapping[str, TestResult], *, forged: bool
) -> str | None:
    if forged:
        return "the records were not written by our probe alone"
    if code is None:
        return "the run was killed for time"
    if end is None:
        return f"the process ended before its time (exit code {code})"
    if end["code"] != code:
        return f"pytest ended with {end['code']}, its process with {code}"
    return _MEANINGS.get(code) if code in {3, 4} or not results else None
