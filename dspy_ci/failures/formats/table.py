"""The formats, in the order in which they are asked; a tool is added by one file, one row and one golden sample."""

from __future__ import annotations

from dspy_ci.failures.format import Format
from dspy_ci.failures.formats import (
    bats,
    cargo,
    cargo_test,
    eslint,
    go,
    go_test,
    jest,
    mocha,
    node,
    node_test,
    npm,
    pnpm,
    prettier,
    pytest,
    python,
    ruff,
    tsc,
    vitest,
    yarn,
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
    npm.FORMAT,
    pnpm.FORMAT,
    yarn.FORMAT,
    go_test.FORMAT,
    go.FORMAT,
    cargo_test.FORMAT,
    cargo.FORMAT,
    python.FORMAT,
    node.FORMAT,
)
