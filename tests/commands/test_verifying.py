import os
import sys
from pathlib import Path

import pytest

from dspy_ci.adapters.testcommands import narrowed
from dspy_ci.commands.manners import skipped
from dspy_ci.commands.verifying import project

PATHS = ("src/a.py", "tests/unit/test_a.py", "tests/web/test_b.py")


@pytest.mark.parametrize(
    ("args", "tests", "expected"),
    [
        (("-q",), ("tests/unit/test_a.py",), ("-q", "tests/unit/test_a.py")),
        (("-q", "tests"), ("tests/unit/test_a.py",), ("-q", "tests/unit/test_a.py")),
        (("./tests/unit/", "-x"), PATHS[1:], ("-x", "tests/unit/test_a.py")),
        (("tests/unit",), ("tests/web/test_b.py",), None),
        (("tests/unit/test_a.py::test_x",), ("tests/unit/test_a.py",), ("tests/unit/test_a.py",)),
        (("-m", "not slow"), ("tests/unit/test_a.py",), ("-m", "not slow", "tests/unit/test_a.py")),
    ],
)
def test_reached_tests_take_the_place_of_the_paths_that_the_command_names(args, tests, expected):
    assert narrowed(args, tests, PATHS) == expected


def test_the_python_of_pre_commit_is_not_the_python_of_the_project():
    own = str(Path(sys.executable).parent)
    environment = {"PATH": os.pathsep.join([own, "/usr/bin"]), "VIRTUAL_ENV": own}
    assert project({**environment, "PRE_COMMIT": "1"})["PATH"] == "/usr/bin"
    assert "VIRTUAL_ENV" not in project({**environment, "PRE_COMMIT": "1"})
    assert project(environment) == environment


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"SKIP": "flake8, dspy-ci-check"}, True),
        ({"SKIP": "check"}, False),
        ({"DSPY_CI_SKIP": "check"}, True),
        ({"DSPY_CI_SKIP": "dspy-ci-check,fix"}, True),
        ({"DSPY_CI_SKIP": "verify"}, False),
        ({"DSPY_CI_SKIP": "1"}, True),
        ({"DSPY_CI_SKIP": ""}, False),
    ],
)
def test_a_hook_is_skipped_when_it_is_named(environment, expected):
    assert skipped("check", environment) is expected
