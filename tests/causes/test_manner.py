import pytest

from dspy_ci.causes.manner import manner
from dspy_ci.ports.sandbox import TestResult


def of(message):
    return manner("test_a.py::test", TestResult("failed", 0.1, message))


ASSERT = (
    "    def test():\n>       assert f() == {want}\nE       assert {got} == {want}\n\ntest_a.py:{line}: AssertionError"
)


def test_numbers_and_line_numbers_do_not_tell_failures_apart():
    assert of(ASSERT.format(got=1, want=2, line=3)).same(of(ASSERT.format(got=5, want=6, line=40)))


@pytest.mark.parametrize(
    ("message", "exception"),
    [
        (ASSERT.format(got=1, want=2, line=3), "AssertionError"),
        (">   g()\nE   NameError: name 'g' is not defined\n\na.py:3: NameError", "NameError"),
        ("E   requests.exceptions.ConnectionError: no route\n\na.py:3: ConnectionError", "ConnectionError"),
        ('E     File "a.py", line 1\nE       def f(:\nE             ^\nE   SyntaxError: invalid syntax', "SyntaxError"),
        ("E   KeyError: 1\n\na.py:1: KeyError\n\nDuring\n>   x\nE   OSError: 2\n\na.py:2: OSError", "OSError"),
    ],
)  # fmt: skip
def test_the_exception_is_the_one_that_ended_the_test(message, exception):
    assert of(message).exception == exception


def test_another_exception_is_another_manner():
    one, two = of("E   ValueError: no\n\na.py:3: ValueError"), of("E   NameError: no\n\na.py:3: NameError")
    assert not one.same(two)
    assert not one.like(two)


def test_an_assertion_that_fails_with_other_values_may_have_the_same_cause():
    assert of("E   assert 'a' == 'b'\n\nt.py:3: AssertionError").like(
        of("E   assert 'c' == 'b'\n\nt.py:3: AssertionError")
    )


def test_what_half_built_code_raises_must_agree_to_the_letter():
    one = of("E   NameError: name 'f' is not defined\n\na.py:3: NameError")
    assert not one.like(of("E   NameError: name 'g' is not defined\n\na.py:3: NameError"))
