import pytest

from dspy_ci.causes.environment import outside, outside_of
from dspy_ci.ports.sandbox import TestResult


def points(said, modules=frozenset({"ours"})):
    kind = said.split(":")[0]
    return outside("test_a.py::test", TestResult("failed", 0.1, f">   f()\nE   {said}\n\na.py:3: {kind}"), modules)


@pytest.mark.parametrize(
    "said",
    [
        "AssertionError: Connection refused",
        "assert 'Permission denied' == ''",
        "ModuleNotFoundError: No module named 'ours.part'",
        "KeyError: 'name'",
        "ValueError: no such user",
        "FileNotFoundError: [Errno 2] No such file or directory: 'data/input.csv'",
        "PermissionError: only the owner may do this",
        "NameError: name 'socket' is not defined",
    ],
)
def test_a_failure_of_the_code_points_at_nothing_else(said):
    assert points(said) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("ConnectionRefusedError: [Errno 111] Connection refused", "network"),
        ("socket.gaierror: [Errno -2] Name or service not known", "network"),
        ("ModuleNotFoundError: No module named 'numpy'", "numpy is not installed"),
        ("OSError: [Errno 28] No space left on device", "disk"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'docker'", "program"),
        ("PermissionError: [Errno 13] Permission denied: '/var/run/x'", "permission"),
        ("ImportError: libGL.so.1: cannot open shared object file: No such file or directory", "library"),
    ],
)
def test_what_the_machine_lacks_is_named(said, why):
    assert why in points(said)


def test_a_missing_variable_of_the_environment_is_named():
    message = (
        ">   os.environ[\"TOKEN\"]\n\n<frozen os>:679: KeyError\nE   KeyError: 'TOKEN'\n\n<frozen os>:679: KeyError"
    )
    assert "'TOKEN'" in outside("t.py::t", TestResult("failed", 0.1, message), frozenset())


def test_of_a_command_every_root_cause_must_be_the_machines():
    lost = "curl: (6) Could not resolve host: x.example\n"
    assert outside_of(lost, frozenset())
    assert outside_of("a.c:3:1: error: expected ';'\n" + lost, frozenset()) is None
    assert outside_of("", frozenset()) is None
