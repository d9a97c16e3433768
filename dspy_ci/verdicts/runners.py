"""How a test command is run so that it says as much as it can: pytest over our channel, any other made talkative."""

from __future__ import annotations

from pathlib import PurePath

from dspy_ci.ports.sandbox import Command, TestRun
from dspy_ci.ports.testcommand import TestCommand
from dspy_ci.ports.trial import CommandTrial, Trial
from dspy_ci.verdicts.results.table import results

_TALKATIVE = {
    "PYTEST_ADDOPTS": "-rap", "TOX_OVERRIDE": "testenv.pass_env+=PYTEST_ADDOPTS", "NO_COLOR": "1",
}  # fmt: skip
"""A pytest somewhere behind the command names each test at its end."""
_ASKED = frozenset({"-v", "-vv", "--verbose", "--verbosity", "-json"})


def trial_of(command: TestCommand, timeout: float) -> Trial:
    """The trial of a project's test command, within that many seconds."""
    if command.python is not None:
        return TestRun(command.python, timeout, args=command.args, env=command.env)
    words = talkative(command.argv)
    return CommandTrial(Command(words, timeout, env={**_TALKATIVE, **command.env}, reads=command.reads), results)


def talkative(words: tuple[str, ...]) -> tuple[str, ...]:
    """The same command, asked to name each test as it goes, where we know how to ask."""
    if any(word in _ASKED or word.startswith("--verbosity=") for word in words):
        return words
    names = tuple(PurePath(word).name for word in words)
    if names[:2] == ("go", "test"):
        return (*words[:2], "-v", *words[2:])
    if "manage.py" in names[:2] or names[:1] == ("django-admin",):
        return (*words, "-v", "2") if "test" in words else words
    module = words[words.index("-m") + 1 :][:1] if "-m" in words else ()
    if module in {("unittest",), ("nose2",)} or names[:1] == ("nose2",):
        return (*words, "-v")
    return words
