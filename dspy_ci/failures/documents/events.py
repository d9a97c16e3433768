"""The JSON that test runners and build tools write as they go, an object per line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dspy_ci.failures.confidence import REPORT
from dspy_ci.failures.documents.shape import Shape, entries, inside, number, text
from dspy_ci.failures.failure import Failure, Kind
from dspy_ci.failures.trace import frame, kind_of, symbol_of


def _is_pytest(value: Any) -> bool:
    return isinstance(value, dict) and "$report_type" in value


def pytest_log(value: Any) -> Iterator[Failure]:
    """`pytest --report-log`: a report per phase of a test, and per collector."""
    if value.get("outcome") != "failed" or value.get("$report_type") not in {"TestReport", "CollectReport"}:
        return
    node, crash = text(value.get("nodeid")), inside(value, "longrepr", "reprcrash")
    message = text(inside(crash, "message")) or text(value.get("longrepr")) or "failed"
    exception, _, rest = message.partition(": ")
    named = exception.isidentifier() or exception.replace(".", "").isidentifier()
    places = (
        inside(entry, "reprfileloc") for entry in entries(inside(value, "longrepr", "reprtraceback", "reprentries"))
    )
    frames = tuple(frame(place["path"], place.get("lineno")) for place in places if text(inside(place, "path")))
    own = next((found for found in reversed(frames) if found.in_repo), None)
    collecting = value["$report_type"] == "CollectReport"
    otherwise: Kind = "collection" if collecting else "test" if value.get("when") == "call" else "fixture"
    yield Failure(
        "pytest",
        kind_of(exception, "collection") if collecting else otherwise,
        rest if named and rest else message,
        file=own.file if own else (node or "").partition("::")[0] or None,
        line=own.line if own else None,
        symbol=symbol_of(message),
        test_id=node,
        exception=exception if named and rest else None,
        frames=frames,
        confidence=REPORT,
    )


def _is_cargo(value: Any) -> bool:
    return isinstance(value, dict) and "reason" in value and ("package_id" in value or "success" in value)


def cargo(value: Any) -> Iterator[Failure]:
    """`cargo --message-format json`: the compiler's own errors."""
    message = value.get("message")
    if value.get("reason") != "compiler-message" or inside(message, "level") != "error":
        return
    place = next((span for span in entries(inside(message, "spans")) if span.get("is_primary")), None)
    if place is None:
        return
    code = text(inside(message, "code", "code"))
    yield Failure(
        "clippy" if (code or "").startswith("clippy::") else "cargo",
        "lint" if (code or "").startswith("clippy::") else "compile",
        text(inside(message, "message")) or "",
        file=text(place.get("file_name")),
        line=number(place.get("line_start")),
        col=number(place.get("column_start")),
        end_line=number(place.get("line_end")),
        code=code,
        confidence=REPORT,
    )


def _is_jest(value: Any) -> bool:
    return isinstance(value, dict) and "numFailedTests" in value and "testResults" in value


def jest(value: Any) -> Iterator[Failure]:
    """`jest --json` and `vitest --reporter json`: files, each with its assertions."""
    for file in entries(value["testResults"]):
        path = text(file.get("name"))
        for case in entries(file.get("assertionResults")):
            if case.get("status") == "failed":
                messages = inside(case, "failureMessages", 0)
                yield Failure(
                    "jest",
                    "test",
                    (text(messages) or "failed").split("\n    at ")[0],
                    file=path,
                    line=number(inside(case, "location", "line")),
                    test_id=text(case.get("fullName")),
                    confidence=REPORT,
                )


SHAPES = (
    Shape("pytest", _is_pytest, pytest_log),
    Shape("cargo", _is_cargo, cargo),
    Shape("jest", _is_jest, jest),
)
