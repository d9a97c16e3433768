"""From the command that failed to the one that mends."""
# ruff: noqa: E501 -- before and after on one line each, to be read as a table

from __future__ import annotations

import sys

import pytest

from dspy_ci.failures.failure import Failure, Hint
from dspy_ci.patches.autofixers import autofixes

RUFF = (sys.executable, "-m", "ruff")


@pytest.mark.parametrize(
    ("command", "cure"),
    [
        ("ruff check src", "ruff check src --fix"),
        ("ruff format --check src", "ruff format src"),
        ("/venv/bin/python -m ruff format --diff .", "/venv/bin/python -m ruff format ."),
        ("black --check --diff .", "black ."),
        ("isort --check-only .", "isort ."),
        ("codespell docs", "codespell docs -w"),
        ("npx prettier --check src", "npx prettier --write src"),
        ("npx eslint --max-warnings=0 src", "npx eslint --max-warnings=0 src --fix"),
        ("cargo fmt --all -- --check", "cargo fmt --all"),
        ("cargo clippy -- -D warnings", "cargo clippy --fix --allow-dirty --allow-no-vcs -- -D warnings"),
        ("gofmt -l .", "gofmt -w ."),
        ("goimports -l -local example.com .", "goimports -w -local example.com ."),
        ("npx biome ci src", "npx biome src --write"),
        ("golangci-lint run ./...", "golangci-lint run ./... --fix"),
        ("terraform fmt -check -diff", "terraform fmt"),
        ("pre-commit run --all-files --show-diff-on-failure", "pre-commit run --all-files"),
    ],
)
def test_the_command_is_told_to_mend(command, cure):
    assert next(autofixes(tuple(command.split()), ())) == tuple(cure.split())


@pytest.mark.parametrize(
    "command",
    ["pytest -q", "npm test", "make check", "go vet ./...", "python -m unittest", "scruff check", "blacken ."],
)
def test_a_command_without_a_cure_has_none(command):
    assert list(autofixes(tuple(command.split()), ())) == []


def test_a_shell_hides_the_words_but_not_the_tool():
    command = ("/bin/sh", "-c", 'test -z "$(gofmt -l ./cmd)"')
    assert list(autofixes(command, ())) == [("gofmt", "-w", "./cmd"), ("gofmt", "-w", ".")]


@pytest.mark.parametrize(
    ("text", "cures"),
    [
        ('test -z "$(goimports -l .)"', ["goimports -w ."]),
        ("cd . && npx eslint src --quiet", ["npx eslint src --quiet --fix", "npx --no-install eslint . --fix"]),
        (
            "cargo fmt --check && cargo clippy --tests -- -D warnings",
            [
                "cargo fmt",
                "cargo clippy --tests --fix --allow-dirty --allow-no-vcs -- -D warnings",
                "cargo clippy --fix --allow-dirty --allow-no-vcs",
            ],
        ),
        ("prettier --check 'src/**/*.js' || exit 1", ["npx --no-install prettier --write ."]),
        ("gofmt -l $(git ls-files) | grep .", ["gofmt -w ."]),
    ],
)
def test_a_tool_in_a_shell_keeps_the_words_that_the_shell_leaves_alone(text, cures):
    assert list(autofixes(("/bin/sh", "-c", text), ())) == [tuple(cure.split()) for cure in cures]


@pytest.mark.parametrize(
    ("failure", "cures"),
    [
        (Failure("ruff", "lint", "unused", code="F401"), [(*RUFF, "check", ".", "--fix")]),
        (Failure("flake8", "lint", "unused", "a.py", 1, code="F401"), [(*RUFF, "check", "--isolated", "--preview", "--select=F401", "--fix", "a.py")]),
        (Failure("black", "format", "x", fixable_hint=Hint("command", "black a.py")), [("black", "a.py")]),
        (Failure("npm", "dependency", "x", fixable_hint=Hint("command", "npm install")), []),
        (Failure("ruff", "lint", "x", fixable_hint=Hint("command", "ruff check --fix; rm -rf /")), [(*RUFF, "check", ".", "--fix")]),
        (Failure("pytest", "test", "assert 1 == 2"), []),
    ],
)  # fmt: skip
def test_the_output_names_the_tool(failure, cures):
    found = list(autofixes(("make", "lint"), (failure,)))
    assert [cure in found for cure in cures] == [True] * len(cures)
    assert bool(found) == bool(cures)
    assert not any(word in {"rm", ";", "install"} for cure in found for word in cure)
