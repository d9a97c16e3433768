"""The formats, in the order in which they are asked; a tool is added by one file, one row and one golden sample."""

from __future__ import annotations

from dspy_ci.failures.format import Format
from dspy_ci.failures.formats import pytest, python, ruff

FORMATS: tuple[Format, ...] = (
    pytest.FORMAT,
    ruff.FORMAT,
    python.FORMAT,
)
