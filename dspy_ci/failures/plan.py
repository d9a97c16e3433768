"""What a colleague would do next: the steps for each root cause, with commands to copy."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from dspy_ci.failures.failure import Failure, Kind

_ROOTS = 5
"""Root causes beyond these wait until the first ones are mended."""


class Step(NamedTuple):
    """One thing to do."""

    why: str
    command: str | None = None


class Recipe(NamedTuple):
    """Commands for the failures of one tool; `{file}` and the like are filled in, quoted for a shell."""

    reproduce: str
    mend: str | None = None
    verify: str | None = None


_TOOLS: Mapping[str, Recipe] = {
    "pytest": Recipe("pytest {test} -x --showlocals", None, "pytest {module}"),
    "unittest": Recipe("python -m unittest {test}", None, "python -m unittest"),
    "nose2": Recipe("nose2 {test}", None, "nose2"),
    "django": Recipe("python manage.py test {test}", None, "python manage.py test"),
    "doctest": Recipe("python -m doctest {file}"),
    "python": Recipe("python {file}"),
    "mypy": Recipe("mypy {file}", None, "mypy {file}"),
    "pyright": Recipe("pyright {file}", None, "pyright {file}"),
    "ty": Recipe("ty check {file}"),
    "pyrefly": Recipe("pyrefly check {file}"),
    "ruff": Recipe("ruff check {file}", "ruff check --fix {file}", "ruff check {file}"),
    "black": Recipe("black --check {file}", "black {file}"),
    "isort": Recipe("isort --check {file}", "isort {file}"),
    "flake8": Recipe("flake8 {file}"),
    "pylint": Recipe("pylint {file}"),
    "bandit": Recipe("bandit {file}"),
    "codespell": Recipe("codespell {file}", "codespell -w {file}"),
    "yamllint": Recipe("yamllint {file}"),
    "deptry": Recipe("deptry ."),
    "sphinx": Recipe("sphinx-build -W --keep-going docs docs/_build"),
    "coverage": Recipe("coverage report -m --skip-covered"),
    "pip": Recipe("python -m pip install --dry-run -r requirements.txt", None, "python -m pip check"),
    "uv": Recipe("uv lock --check", "uv lock", "uv sync --locked"),
    "poetry": Recipe("poetry check --lock", "poetry lock", "poetry install"),
    "build": Recipe("python -m build"),
    "tox": Recipe("tox -e {symbol}"),
    "pre_commit": Recipe("pre-commit run --all-files"),
    "jest": Recipe("npx jest {file} -t {test}", None, "npx jest {file}"),
    "vitest": Recipe("npx vitest run {file}", None, "npx vitest run"),
    "mocha": Recipe("npx mocha --grep {test}"),
    "eslint": Recipe("npx eslint {file}", "npx eslint --fix {file}", "npx eslint {file}"),
    "prettier": Recipe("npx prettier --check {file}", "npx prettier --write {file}"),
    "tsc": Recipe("npx tsc --noEmit"),
    "npm": Recipe("npm ci", "npm install", "npm ci"),
    "pnpm": Recipe("pnpm install --frozen-lockfile", "pnpm install"),
    "go": Recipe("go vet ./...", None, "go build ./..."),
    "go_test": Recipe("go test ./... -run {test}", None, "go test ./..."),
    "cargo": Recipe("cargo check", None, "cargo test"),
    "clippy": Recipe("cargo clippy", "cargo clippy --fix"),
    "rustfmt": Recipe("cargo fmt --check", "cargo fmt"),
    "maven": Recipe("mvn -B verify"),
    "gradle": Recipe("./gradlew check"),
    "terraform": Recipe("terraform validate"),
    "shellcheck": Recipe("shellcheck {file}"),
}

_KINDS: Mapping[Kind, tuple[Step, ...]] = {
    "infra": (Step("Nothing in the code explains this: run the failed jobs again", "gh run rerun --failed"),),
    "network": (
        Step("A server could not be reached: run the failed jobs again", "gh run rerun --failed"),
        Step("If it comes back, check the address, the proxy and whether the runner may reach it"),
    ),
    "disk": (
        Step("The disk of the runner is full: see what fills it", "df -h && du -xsh ./* | sort -h | tail"),
        Step("Free space at the start of the job, or use a larger runner"),
    ),
    "oom": (
        Step("The memory was not enough: run fewer processes at once or use a larger runner"),
        Step("Run again, once, to see whether it was chance", "gh run rerun --failed"),
    ),
    "permission": (Step("Give the job the permission that the message names, nothing more"),),
    "cancelled": (Step("The run was stopped from outside; run it again if the result is wanted", "gh run rerun"),),
    "flaky": (Step("The test passes and fails with the same code: see how often", "pytest {test} --count 10"),),
    "command": (Step("The program is not there: see whether it is installed", "command -v {symbol}"),),
    "config": (Step("The configuration is wrong; correct the place that the message names"),),
    "usage": (Step("The command line is wrong; correct the call in the workflow"),),
}


def plan(roots: Iterable[Failure]) -> tuple[Step, ...]:
    """The steps for these root causes, the first root first, none said twice."""
    steps = [step for failure in list(roots)[:_ROOTS] for step in _steps(failure)]
    return tuple(dict.fromkeys(steps))


def _steps(failure: Failure) -> Iterator[Step]:
    recipe = _TOOLS.get(failure.tool)
    place = f"{failure.file}:{failure.line}" if failure.line else failure.file
    if failure.kind in _KINDS:
        for step in _KINDS[failure.kind]:
            yield step._replace(command=_filled(step.command, failure))
        if place:
            yield Step(f"Look at {place}: {_first_line(failure.message)}")
        return
    if recipe and (command := _filled(recipe.reproduce, failure)):
        yield Step(f"Reproduce: {_first_line(failure.message)}", command)
    yield from _by_kind(failure, place)
    if recipe and (command := _filled(recipe.verify, failure)):
        yield Step("Verify", command)


def _by_kind(failure: Failure, place: str | None) -> Iterator[Step]:
    """How to mend it: with the cure of the log or of the tool, or by reading."""
    recipe, hint = _TOOLS.get(failure.tool), failure.fixable_hint
    cure = _filled(recipe.mend, failure) if recipe and failure.kind in {"lint", "format", "dependency"} else None
    if hint and hint.kind == "patch":
        yield Step("The cure stands in the log: apply the patch that the tool printed", cure)
    elif hint:
        yield Step("The tool names its own cure", hint.text)
    elif failure.kind == "import" and failure.symbol:
        yield Step(
            f"See whether {failure.symbol} is installed, misspelt, or was renamed",
            _filled("git grep -nw -e {symbol}", failure),
        )
        yield Step("If it is a package: declare it as a dependency and install it")
    elif cure and failure.tool != "ruff":
        yield Step("Let the tool mend it", cure)
    elif failure.kind == "coverage":
        yield Step("Add tests for the lines that the report lists as missing", "coverage report -m --skip-covered")
    elif place:
        yield Step(f"Read {place}" + (f" in {_function(failure)}" if _function(failure) else ""))


def _function(failure: Failure) -> str | None:
    top = next((frame for frame in reversed(failure.frames) if frame.in_repo and frame.file == failure.file), None)
    return top.function if top else None


def _filled(template: str | None, failure: Failure) -> str | None:
    """The command with what the failure knows, or None where it needs something that is not known."""
    if template is None:
        return None
    module = (failure.test_id or "").partition("::")[0]
    known = {"file": failure.file, "test": failure.test_id, "module": module, "symbol": failure.symbol}
    wanted = re.findall(r"\{(\w+)\}", template)
    if any(not known[name] for name in wanted):
        return None
    return template.format(**{name: _quoted(known[name] or "") for name in wanted})


def _quoted(text: str) -> str:
    """A word for a shell: quoted, printable, and never mistaken for an option."""
    word = "".join(char for char in text if char.isprintable())
    return shlex.quote(f"./{word}" if word.startswith("-") else word)


def _first_line(message: str) -> str:
    line = message.strip().split("\n", 1)[0]
    return line if len(line) <= 160 else f"{line[:157]}..."
