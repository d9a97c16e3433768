"""One session per check; the same on a laptop and in CI."""

import nox
from nox.command import CommandFailed

nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_existing_virtualenvs = True

TESTS = [
    "pytest>=8",
    "pytest-randomly>=3",
    "pytest-timeout>=2.3",  # a test that hangs ends alone
    "pytest-xdist>=3.6",
    "hypothesis>=6",
    "pre-commit>=4",
    "starlette>=0.40",  # the webhook server
    "uvicorn>=0.30",
    "pyyaml>=6",
    "mypy>=1.18",  # what it says is mended
    "zizmor>=1.30",  # the auditor of workflows
    "openapi-schema-validator>=0.6",  # whether our requests are those that GitHub describes
    "graphql-core>=3.2",  # the same for our questions in GraphQL
]


@nox.session
def tests(session):
    """The whole suite, slow tests and all; words behind `--` go to pytest.

    What fails is run once more, alone, and must pass there: many tests wait for processes, signals and clocks, which a
    busy machine may keep waiting. The log of the first run says which they were.
    """
    session.install("-e", ".[llm,github,bot,train]", *TESTS)
    patience = ("--timeout=300", "--timeout-method=thread")  # many times the slowest test; a signal may be lost
    try:
        session.run("pytest", "-n3", "--dist=loadscope", *patience, *session.posargs)  # some tests wait
    except CommandFailed:
        session.log("tests failed; those are run again, alone")
        session.run("pytest", "--last-failed", "--last-failed-no-failures=none", *patience, *session.posargs)


@nox.session
def lint(session):
    """Ruff, and the law of dependencies."""
    session.install("-e", ".", "ruff>=0.17,<0.18", "import-linter>=2.1")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def types(session):
    """Strict mypy over the package."""
    session.install("-e", ".[github,bot]", "mypy>=1.18", "nox")  # extras that have types
    session.run("mypy")


@nox.session
def bench(session):
    """Speed as ratios, measured side by side; never part of the tests."""
    session.install("-e", ".[bot]", *TESTS, "flake8>=7")
    session.run("pytest", "tests/bench", "-m", "", "-s", *session.posargs, env={"PYTHONPATH": "tests/bench"})
    session.run("pytest", "tests/adapters/test_soak.py", "-m", "", "-s", env={"DSPY_CI_SOAK_RUNS": "500"})


@nox.session
def picture(session):
    """Draw the pictures of the README by running the demo, and the action on it."""
    session.install("-e", ".", *TESTS)
    session.run("python", "docs/picture.py")
    session.run("python", "docs/pull_request.py")
    session.run("python", "docs/snippets.py")
