"""Which tests are looked at for a commit."""

import pytest

from dspy_ci.learn.proving import _wanted
from dspy_ci.ports.sandbox import TestRun

TREE = ("app.py", "tests/unit/test_a.py", "tests/e2e/test_b.py", "tests/unit2/test_c.py")


@pytest.mark.parametrize(
    ("args", "kept"),
    [
        ((), ["tests/unit/test_a.py", "tests/e2e/test_b.py", "tests/unit2/test_c.py"]),
        (("-q", "-m", "not slow"), ["tests/unit/test_a.py", "tests/e2e/test_b.py", "tests/unit2/test_c.py"]),
        (("-q", "-m", "not slow", "./tests/unit/"), ["tests/unit/test_a.py"]),
        (("tests/e2e/test_b.py::test_x", "tests/unit2"), ["tests/e2e/test_b.py", "tests/unit2/test_c.py"]),
        (("tests/nothing",), ["tests/unit/test_a.py", "tests/e2e/test_b.py", "tests/unit2/test_c.py"]),
    ],
    ids=["all", "no place", "a folder", "a test and a folder", "no such place"],
)
def test_only_tests_that_the_users_command_runs_are_run(args, kept):
    assert _wanted(TREE[1:], TestRun("python", 1.0, args=args), TREE) == kept
