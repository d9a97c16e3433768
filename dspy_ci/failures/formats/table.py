"""The formats, in the order in which they are asked; a tool is added by one file, one row and one golden sample."""

from __future__ import annotations

from dspy_ci.failures.format import Format
from dspy_ci.failures.formats import (
    bats,
    eslint,
    jest,
    mocha,
    node,
    node_test,
    prettier,
    pytest,
    python,
    ruff,
    tsc,
    vitest,
)

FORMATS: tuple[Format, ...] = (
    pytest.FORMAT,
    ruff.FORMAT,
    jest.FORMAT,
    vitest.FORMAT,
    mocha.FORMAT,
    node_test.FORMAT,
    bats.FORMAT,
    tsc.FORMAT,
    eslint.FORMAT,
    prettier.FORMAT,
    python.FORMAT,
    node.FORMAT,
)
