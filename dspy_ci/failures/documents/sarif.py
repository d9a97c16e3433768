"""SARIF, which many analysers write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from dspy_ci.failures.confidence import REPORT
from dspy_ci.failures.documents.shape import Shape, entries, inside, kind_of, number, text
from dspy_ci.failures.failure import Failure


def recognise(value: Any) -> bool:
    """An object with runs, each with a tool."""
    return isinstance(value, dict) and "tool" in (next(entries(value.get("runs")), {}))


def read(value: Any) -> Iterator[Failure]:
    """The results that are errors or warnings and were not suppressed."""
    for run in entries(value["runs"]):
        tool = (text(inside(run, "tool", "driver", "name")) or "sarif").lower()
        for result in entries(run.get("results")):
            if result.get("level", "warning") in {"error", "warning"} and not result.get("suppressions"):
                yield _failure(tool, result)


def _failure(tool: str, result: dict[str, Any]) -> Failure:
    place = inside(result, "locations", 0, "physicalLocation")
    uri, code = text(inside(place, "artifactLocation", "uri")), text(result.get("ruleId"))
    return Failure(
        tool,
        kind_of(tool, code),
        text(inside(result, "message", "text")) or code or "no message",
        file=unquote(uri.removeprefix("file://")) if uri else None,
        line=number(inside(place, "region", "startLine")),
        col=number(inside(place, "region", "startColumn")),
        end_line=number(inside(place, "region", "endLine")),
        code=code,
        confidence=REPORT,
    )


SHAPE = Shape("sarif", recognise, read)
