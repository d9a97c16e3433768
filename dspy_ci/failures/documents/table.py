"""The shapes of reports, in the order in which they are tried, and how a text is found to be one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError, fromstring

from dspy_ci.failures.documents import diagnostics, events, junit, sarif
from dspy_ci.failures.documents.shape import Shape
from dspy_ci.failures.failure import Failure

SHAPES: tuple[Shape, ...] = (sarif.SHAPE, junit.SHAPE, *diagnostics.SHAPES, *events.SHAPES)


def failures_in(document: str) -> list[Failure] | None:
    """The failures in a whole report, or in one line of it; None when it is no report that we know."""
    value = _decoded(document.strip().lstrip("\ufeff"))
    if value is None:
        return None
    shape = next((shape for shape in SHAPES if shape.recognise(value)), None)
    return list(shape.read(value)) if shape else None


def failures_in_document(document: str) -> list[Failure] | None:
    """The failures in a report of any shape, one object per line included; None when it is no report that we know."""
    whole = failures_in(document)
    if whole is not None:
        return whole
    first = document.lstrip("\ufeff \n\r\t").partition("\n")[0]
    known = first.startswith("{") and '"Action"' not in first and failures_in(first) is not None
    return list(failures_in_lines(document)) if known else None


def failures_in_lines(document: str) -> Iterator[Failure]:
    """The failures in a report that has one object per line; lines of other kinds are skipped."""
    for line in document.split("\n"):
        if line.startswith("{"):
            yield from failures_in(line) or ()


def _decoded(document: str) -> Any:
    """JSON as plain values, XML as its root element, None for anything else."""
    try:
        if document.startswith(("{", "[")):
            return json.loads(document)
        if document.startswith("<") and "<!DOCTYPE" not in document and "<!ENTITY" not in document:
            return fromstring(document)  # noqa: S314 - without a DTD there is nothing to expand
    except (ValueError, RecursionError, ParseError):
        return None
    return None
