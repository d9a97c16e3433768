"""What the readers of reports share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dspy_ci.failures.failure import Failure, Kind

Recognise = Callable[[Any], bool]
Read = Callable[[Any], Iterator[Failure]]


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of report: how to know it, and the failures in it."""

    name: str
    recognise: Recognise
    """Whether a decoded JSON value, or an XML root element, is such a report; never raises."""
    read: Read
    """Its failures; odd entries are skipped."""


_KINDS: dict[str, Kind] = {
    "mypy": "type",
    "pyright": "type",
    "basedpyright": "type",
    "ty": "type",
    "pyrefly": "type",
    "tsc": "type",
    "bandit": "security",
    "codeql": "security",
    "semgrep": "security",
    "trivy": "security",
    "gitleaks": "security",
    "zizmor": "security",
}
_FORMAT_CODES = {"unformatted", "prettier/prettier", "format", "black", "isort"}


def kind_of(tool: str, code: str | None) -> Kind:
    """What a diagnostic is about, by its tool and rule."""
    if code in {"syntax", "invalid-syntax", "E999", "syntax-error", "E0001"}:
        return "syntax"
    if code in _FORMAT_CODES:
        return "format"
    return _KINDS.get(tool, "lint")


def text(value: Any) -> str | None:
    """A non-empty string, or None."""
    return value if isinstance(value, str) and value else None


def number(value: Any) -> int | None:
    """A positive number, or None; strings of digits count."""
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def entries(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list; anything else is no entry."""
    if isinstance(value, list):
        for entry in value:
            if isinstance(entry, dict):
                yield entry


def inside(value: Any, *names: str | int) -> Any:
    """What lies at the end of a path of keys and indexes, or None where the path breaks."""
    for name in names:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and isinstance(name, int) and name < len(value):
            value = value[name]
        else:
            return None
    return value
