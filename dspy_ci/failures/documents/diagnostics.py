"""The JSON of linters and type checkers: a list of places, each in the words of its tool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dspy_ci.failures.confidence import REPORT
from dspy_ci.failures.documents.shape import Shape, entries, inside, kind_of, number, text
from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.failures.formats import mypy

_RUFF_CODE = re.compile(r"[A-Z]{1,6}\d{3,4}$|invalid-syntax$")


def _has(*names: str) -> Any:
    """Recognises an object with these keys, or a list that begins with one."""

    def recognise(value: Any) -> bool:
        first = value[0] if isinstance(value, list) and value else value
        return isinstance(first, dict) and all(name in first for name in names)

    return recognise


def _each(value: Any) -> Iterator[dict[str, Any]]:
    yield from entries(value if isinstance(value, list) else [value])


def ruff(value: Any) -> Iterator[Failure]:
    """`ruff check --output-format json` and `json-lines`."""
    for entry in _each(value):
        code = text(entry.get("code")) or "invalid-syntax"
        yield Failure(
            "ruff",
            kind_of("ruff", code),
            text(entry.get("message")) or code,
            file=text(entry.get("filename")),
            line=number(inside(entry, "location", "row")),
            col=number(inside(entry, "location", "column")),
            end_line=number(inside(entry, "end_location", "row")),
            code=code,
            confidence=REPORT,
            fixable_hint=Hint("command", "ruff check --fix")
            if inside(entry, "fix", "applicability") == "safe"
            else None,
        )


def code_quality(value: Any) -> Iterator[Failure]:
    """GitLab's code quality report; the tool is known by its rules at best."""
    for entry in _each(value):
        code, place = text(entry.get("check_name")), entry.get("location")
        begin = inside(place, "positions", "begin", "line") or inside(place, "lines", "begin")
        tool = (
            "ruff"
            if code and _RUFF_CODE.match(code)
            else "mypy"
            if code and re.match(r"[a-z-]+$", code)
            else "code-quality"
        )
        message = text(entry.get("description")) or code or "no message"
        yield Failure(
            tool,
            kind_of(tool, code),
            message.removeprefix(f"{code}: "),
            file=text(inside(place, "path")),
            line=number(begin),
            col=number(inside(place, "positions", "begin", "column")),
            code=code,
            confidence=REPORT,
        )


def mypy_lines(value: Any) -> Iterator[Failure]:
    """`mypy -O json`, an object per line; columns count from 0."""
    for entry in _each(value):
        if entry.get("severity") != "error":
            continue
        message, column, code = text(entry.get("message")) or "", entry.get("column"), text(entry.get("code"))
        yield Failure(
            "mypy",
            kind_of("mypy", code),
            message,
            file=text(entry.get("file")),
            line=number(entry.get("line")),
            col=column + 1 if isinstance(column, int) and column >= 0 else None,
            symbol=mypy.symbol_of(message),
            code=code,
            confidence=REPORT,
            fixable_hint=mypy.hint_of([text(entry.get("hint")) or ""]),
        )


def pyright(value: Any) -> Iterator[Failure]:
    """`pyright --outputjson`; lines and columns count from 0."""
    for entry in entries(value["generalDiagnostics"]):
        start, end = inside(entry, "range", "start"), inside(entry, "range", "end", "line")
        line, column = inside(start, "line"), inside(start, "character")
        if entry.get("severity") == "error":
            yield Failure(
                "pyright",
                "type",
                text(entry.get("message")) or "",
                file=text(entry.get("file")),
                line=line + 1 if isinstance(line, int) else None,
                col=column + 1 if isinstance(column, int) else None,
                end_line=end + 1 if isinstance(end, int) else None,
                code=text(entry.get("rule")),
                confidence=REPORT,
            )


def eslint(value: Any) -> Iterator[Failure]:
    """`eslint --format json`: files, each with messages; severity 2 is an error."""
    for file in _each(value):
        for entry in entries(file.get("messages")):
            code = text(entry.get("ruleId"))
            if entry.get("severity") == 2:
                yield Failure(
                    "eslint",
                    "syntax" if entry.get("fatal") else kind_of("eslint", code),
                    text(entry.get("message")) or "",
                    file=text(file.get("filePath")),
                    line=number(entry.get("line")),
                    col=number(entry.get("column")),
                    end_line=number(entry.get("endLine")),
                    code=code,
                    confidence=REPORT,
                    fixable_hint=Hint("command", "eslint --fix") if entry.get("fix") else None,
                )


def pylint(value: Any) -> Iterator[Failure]:
    """`pylint --output-format json`."""
    for entry in _each(value):
        column = entry.get("column")
        yield Failure(
            "pylint",
            kind_of("pylint", text(entry.get("symbol"))),
            text(entry.get("message")) or "",
            file=text(entry.get("path")),
            line=number(entry.get("line")),
            col=column + 1 if isinstance(column, int) else None,
            code=text(entry.get("message-id")),
            confidence=REPORT,
        )


def bandit(value: Any) -> Iterator[Failure]:
    """`bandit --format json`."""
    for entry in entries(value["results"]):
        yield Failure(
            "bandit",
            "security",
            text(entry.get("issue_text")) or "",
            file=text(entry.get("filename")),
            line=number(entry.get("line_number")),
            code=text(entry.get("test_id")),
            confidence=REPORT,
        )


SHAPES = (
    Shape("ruff", _has("filename", "location", "message", "code"), ruff),
    Shape("code-quality", _has("check_name", "location"), code_quality),
    Shape("mypy", _has("file", "line", "message", "severity"), mypy_lines),
    Shape("pyright", _has("generalDiagnostics"), pyright),
    Shape("eslint", _has("filePath", "messages"), eslint),
    Shape("pylint", _has("message-id", "path", "line"), pylint),
    Shape("bandit", _has("results", "metrics"), bandit),
)
