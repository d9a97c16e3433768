"""JUnit XML, which every test runner can write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from dspy_ci.failures.confidence import REPORT
from dspy_ci.failures.documents.shape import Shape, kind_of, number
from dspy_ci.failures.failure import Failure
from dspy_ci.failures.formats.pytest_blocks import Block
from dspy_ci.failures.trace import EXCEPTION

_LINTERS = re.compile(r"(?:org\.)?(?P<tool>ruff|eslint|flake8|mypy|pylint|shellcheck|golangci)\b")


def recognise(value: Any) -> bool:
    """A root element `testsuites` or `testsuite`."""
    return isinstance(value, Element) and value.tag in {"testsuites", "testsuite"}


def read(value: Any) -> Iterator[Failure]:
    """The cases with a `failure` or an `error` inside."""
    for suite in value.iter("testsuite"):
        for case in suite.findall("testcase"):
            for outcome in case:
                if outcome.tag in {"failure", "error"}:
                    yield _failure(suite, case, outcome)


def _failure(suite: Element, case: Element, outcome: Element) -> Failure:
    linter = _LINTERS.match(suite.get("package") or suite.get("name") or "")
    if linter:
        return _diagnostic(linter["tool"], suite, case, outcome)
    block = _block(case, outcome)
    said = block.failure()
    named = said.test_id or _test_id(case, said.file)
    return Failure(
        "pytest" if suite.get("name") == "pytest" else "junit",
        _kind(outcome, said),
        said.message,
        file=said.file or case.get("file"),
        line=said.line,
        symbol=said.symbol,
        test_id=named,
        exception=said.exception,
        frames=said.frames,
        confidence=REPORT,
    )


def _kind(outcome: Element, said: Failure) -> Any:
    if outcome.tag == "error" and said.kind == "test":
        return "collection" if "collection failure" in (outcome.get("message") or "") else "fixture"
    return said.kind


def _block(case: Element, outcome: Element) -> Block:
    """The body as pytest would have printed it; where it shows no exception the attribute does."""
    lines = (outcome.text or "").split("\n")
    message = outcome.get("message") or ""
    if not any(line.startswith("E  ") for line in lines) and message:
        name = outcome.get("type") or ""
        first = message if EXCEPTION.match(message) or not name else f"{name}: {message}"
        lines += [f"E   {line}" for line in first.split("\n")]
    return Block(case.get("name") or "", tuple(lines), (1, 1))


def _test_id(case: Element, blamed: str | None) -> str | None:
    """The node id of pytest: the class name holds path and class, dotted."""
    name, path = case.get("name") or "", case.get("classname") or ""
    file = case.get("file")
    parts = path.split(".")
    while parts and parts[-1][:1].isupper():
        name = f"{parts.pop()}::{name}"
    if not parts:
        return name or None
    if not file and blamed is None and not parts[-1].startswith("test"):
        return f"{path}.{name}"
    return f"{file or '/'.join(parts) + '.py'}::{name}"


def _diagnostic(tool: str, suite: Element, case: Element, outcome: Element) -> Failure:
    code = (case.get("name") or "").rpartition(".")[2] or None
    return Failure(
        tool,
        kind_of(tool, code),
        outcome.get("message") or outcome.text or "",
        file=suite.get("name"),
        line=number(case.get("line")),
        col=number(case.get("column")),
        code=code,
        confidence=REPORT,
    )


SHAPE = Shape("junit", recognise, read)
